"""The C interface of the runtime (include/moec/Runtime/Runtime.h) for Python."""

import ctypes
import json

import arrays

DTYPES = {"u8": "U8", "i32": "I32", "f32": "F32", "bf16": "BF16"}


def size_of(info):
    """Bytes of an array of the manifest."""
    size = {"u8": 1, "bf16": 2}.get(info["dtype"], 4)
    for dim in info["shape"]:
        size *= dim
    return size


class RuntimeFailure(Exception):
    """What the runtime says; `resources` when memory or a device is missing."""

    def __init__(self, text, resources):
        super().__init__(text)
        self.resources = resources


class Options(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_int32), ("static_dealing", ctypes.c_int32),
                ("device", ctypes.c_char_p), ("debug_launches", ctypes.c_int32),
                ("profile", ctypes.c_int32)]


class Library:
    """libmoec_runtime.so."""

    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        pointer, integer, text = ctypes.c_void_p, ctypes.c_int64, ctypes.c_char_p
        out = ctypes.POINTER
        signatures = {
            "error_message": (text, []),
            "module_load": (None, [text, out(pointer)]),
            "module_free": (0, [pointer]),
            "module_manifest": (text, [pointer]),
            "session_create": (None, [pointer, out(Options), out(pointer)]),
            "session_free": (0, [pointer]),
            "session_device": (text, [pointer]),
            "session_init_variables": (None, [pointer, ctypes.c_uint64]),
            "session_load_weights": (None, [pointer, text]),
            "session_prepare": (None, [pointer, integer]),
            "session_variable_data": (None, [pointer, integer, out(pointer)]),
            "session_set_input": (None, [pointer, integer, text, pointer, integer]),
            "session_run": (None, [pointer, integer]),
            "session_run_timed": (None, [pointer, integer, integer, out(ctypes.c_double)]),
            "session_take_kernel_cost": (None, [pointer, integer, out(integer), out(ctypes.c_double)]),
            "session_get_output": (None, [pointer, integer, text, pointer, integer]),
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(self.c, "moec_" + name)
            function.argtypes = arguments
            # None: a status; 0: nothing.
            function.restype = ctypes.c_int if result is None else None if result == 0 else result

    def check(self, status):
        if status:
            raise RuntimeFailure(self.c.moec_error_message().decode(), status == 4)


class Module:
    def __init__(self, library, path):
        self.library, self.handle = library, ctypes.c_void_p()
        library.check(library.c.moec_module_load(path.encode(), ctypes.byref(self.handle)))
        self.manifest = json.loads(library.c.moec_module_manifest(self.handle))

    def __del__(self):
        if self.handle:
            self.library.c.moec_module_free(self.handle)

    def entry(self, name):
        for index, entry in enumerate(self.manifest["entries"]):
            if entry["name"] == name:
                return index
        raise KeyError(f"the module has no entry {name}")


class Session:
    def __init__(self, module, device, profile=False, debug=False, threads=1):
        """`threads` on the CPU; elsewhere the runtime chooses."""
        self.module, self.library, self.handle = module, module.library, ctypes.c_void_p()
        options = Options(threads if device == "cpu" else 0, 0, device.encode(), debug, profile)
        self.call("create", module.handle, ctypes.byref(options), ctypes.byref(self.handle), own=False)
        self.device = self.library.c.moec_session_device(self.handle).decode()

    def __del__(self):
        if self.handle:
            self.library.c.moec_session_free(self.handle)

    def call(self, name, *arguments, own=True):
        if own:
            arguments = (self.handle,) + arguments
        self.library.check(getattr(self.library.c, "moec_session_" + name)(*arguments))

    def init_variables(self, seed):
        self.call("init_variables", seed)

    def load_weights(self, path):
        self.call("load_weights", path.encode())

    def prepare(self, entry):
        self.call("prepare", entry)

    def _variable(self, index):
        where = ctypes.c_void_p()
        self.call("variable_data", index, ctypes.byref(where))
        return where.value

    def _parameters(self):
        """The parameters and where each one lies."""
        for index, info in enumerate(self.module.manifest["variables"]):
            if info["role"] == "parameter":
                yield info, self._variable(index)

    def set_parameters(self, arrays):
        for info, where in self._parameters():
            data = arrays[info["name"]][2]
            ctypes.memmove(where, data, len(data))

    def parameters(self):
        return {info["name"]: (DTYPES[info["dtype"]], info["shape"], ctypes.string_at(where, size_of(info)))
                for info, where in self._parameters()}

    def set_input(self, entry, name, data):
        self.call("set_input", entry, name.encode(), ctypes.c_char_p(data), len(data))

    def run(self, entry):
        self.call("run", entry)

    def run_timed(self, entry, repetitions):
        seconds = (ctypes.c_double * repetitions)()
        self.call("run_timed", entry, repetitions, seconds)
        return list(seconds)

    def kernel_cost(self, kernel):
        launches, seconds = ctypes.c_int64(), ctypes.c_double()
        self.call("take_kernel_cost", kernel, ctypes.byref(launches), ctypes.byref(seconds))
        return launches.value, seconds.value

    def outputs(self, entry):
        result = {}
        for info in self.module.manifest["entries"][entry]["outputs"]:
            size = size_of(info)
            data = ctypes.create_string_buffer(size)
            self.call("get_output", entry, info["name"].encode(), data, size)
            result[info["name"]] = (DTYPES[info["dtype"]], info["shape"], data.raw[:size])
        return result


def train_losses(session, index, given, steps):
    """The losses of the first steps of entry `index` on one batch."""
    entry = session.module.manifest["entries"][index]
    names = [info["name"] for info in entry["inputs"] if info["source"] == "host"]
    for key, item in given.items():
        session.set_input(index, key, item[2])
    losses = []
    for step in range(1, steps + 1):
        for key, dtype, value in (("learning_rate", "F32", 1e-3), ("seed", "I32", 1), ("step", "I32", step),
                                  ("half_cosine", "F32", 1)):
            if key in names:
                session.set_input(index, key, arrays.make(dtype, [], [value])[2])
        session.run(index)
        losses.append(arrays.values(session.outputs(index)["loss"])[0])
    return losses
