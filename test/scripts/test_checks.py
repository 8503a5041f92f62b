"""The checks can fail: each is run on a small repository made for it, once as
it should be and once for each planted violation."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LLVM = os.environ.get("MOEC_LLVM_TOOLS", "/usr/lib/llvm-22/bin")
INCLUDE = os.environ.get("MOEC_MLIR_INCLUDE", "/usr/lib/llvm-22/include")
MOEC_OPT = os.environ.get("MOEC_OPT", "")

PASS_TD = """include "mlir/Pass/PassBase.td"
def FuseDispatchPass : Pass<"moec-fuse-dispatch"> {
  let summary = "Fuses dispatch";
  let description = "Moves the gather into the first contraction.";
}
"""
# The example parses with moec-opt, but names the op in a comment only, so that
# this test does not depend on the syntax of the real op.
OPS_TD = """include "mlir/IR/OpBase.td"
def MoE_Dialect : Dialect { let name = "moe"; let cppNamespace = "::moe"; }
def MoE_ReluOp : Op<MoE_Dialect, "relu"> {
  let summary = "max(x, 0)";
  let description = [{
    Element-wise.

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      // moe.relu would stand here.
      return %x : tensor<4xf32>
    }
    ```
  }];
}
"""
GOOD = {
    "passes/Fusion/Passes.td": PASS_TD,
    "passes/Fusion/Passes.cpp": "",
    "passes/Fusion/FuseDispatch.cpp": "#define GEN_PASS_DEF_FUSEDISPATCHPASS\n",
    "passes/Fusion/Helpers.cpp": "// no pass\n",
    "test/passes/Fusion/helpers.mlir": "",
    "test/passes/Fusion/HelpersTest.cpp": "",
    "test/passes/Fusion/fuse-dispatch.mlir": "",
    "test/passes/Fusion/fuse-dispatch-errors.mlir": "",
    "dialects/MoE/MoEOps.td": OPS_TD,
    "test/dialects/MoE/round-trip.mlir": "",
    "test/dialects/MoE/errors.mlir": "",
    "test/dialects/MoE/canonicalization.mlir": "",
    "test/integration/anything.test": "",
    "tools/moec-opt/moec-opt.cpp": "int main() {}\n",
    "test/tools/moec-opt/tool.test": "",
    "README.md": "```sh run\ntest -e README.md\n```\n",
}


class Checks(unittest.TestCase):
    def check(self, script, changes=None, arguments=()):
        """Runs a check on GOOD with changes (None removes); (code, output)."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **(changes or {})}.items():
                if text is None:
                    continue
                target = os.path.join(root, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "w", encoding="utf-8") as file:
                    file.write(text)
            arguments = [a.replace("ROOT", root) for a in arguments]
            done = subprocess.run([sys.executable, "-B", os.path.join(HERE, script), root, *arguments],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def accepts(self, script, changes=None, arguments=()):
        code, output = self.check(script, changes, arguments)
        self.assertEqual(code, 0, output)

    def rejects(self, script, changes, message, arguments=()):
        code, output = self.check(script, changes, arguments)
        self.assertEqual(code, 1, output)
        self.assertIn(message, output)

    def test_mirror(self):
        mirror = "check_mirror.py"
        self.accepts(mirror)
        # A part of a test, or a program, does not stand for the test.
        self.rejects(mirror, {"test/passes/Fusion/fuse-dispatch.mlir": None},
                     "passes/Fusion/FuseDispatch.cpp has no test")
        # A helper of passes is no exception.
        self.rejects(mirror, {"test/passes/Fusion/helpers.mlir": None}, "passes/Fusion/Helpers.cpp has no test")
        self.accepts(mirror, {"test/passes/Fusion/helpers.mlir": None, "test/passes/Fusion/helpers.test": ""})
        self.rejects(mirror, {"test/passes/Fusion/StaleTest.cpp": ""},
                     "StaleTest.cpp tests no file of passes/Fusion/")
        self.accepts(mirror, {"test/passes/Fusion/HarnessTest.cpp": "", "test/passes/Fusion/Harness.cpp": ""})
        self.rejects(mirror, {"test/passes/Fusion/stale.mlir": ""},
                     "stale.mlir tests no file of passes/Fusion/")
        self.rejects(mirror, {"passes/Fusion/FuseDispatch.cpp":
                              "#define GEN_PASS_DEF_A\n#define GEN_PASS_DEF_B\n"},
                     "one pass per file")
        self.rejects(mirror, {"passes/Fusion/FuseDispatch.cpp": None},
                     "the pass FuseDispatch has no file")
        self.rejects(mirror, {"passes/Fusion/Passes.td":
                              PASS_TD.replace("moec-fuse-dispatch", "moec-fuse")},
                     "does not end with fuse-dispatch")
        self.rejects(mirror, {"test/dialects/MoE/errors.mlir": None},
                     "has no test test/dialects/MoE/errors.mlir")
        self.rejects(mirror, {"test/dialects/MoE/misc.mlir": ""}, "misc.mlir: its name begins")
        self.accepts(mirror, {"dialects/MoE/MoEVariables.cpp": "", "test/dialects/MoE/variables.mlir": ""})
        self.accepts(mirror, {"test/dialects/MoE/gradients-loss.mlir": ""})
        verify = PASS_TD + PASS_TD.split("\n", 1)[1].replace("FuseDispatch", "VerifyFusion").replace(
            "fuse-dispatch", "verify-fusion")
        self.rejects(mirror, {"passes/Fusion/Passes.td": verify}, "has no file passes/Fusion/VerifyContract.cpp")
        contract = {"passes/Fusion/Passes.td": verify, "passes/Fusion/VerifyContract.cpp": ""}
        self.rejects(mirror, contract, "VerifyContract.cpp has no test test/passes/Fusion/verify-contract.mlir")
        self.accepts(mirror, {**contract, "test/passes/Fusion/verify-contract.mlir": ""})
        # A further check is a pass like any other.
        late = {"passes/Fusion/Passes.td": PASS_TD.replace("FuseDispatch", "VerifyLate").replace("fuse-dispatch", "verify-late")}
        self.rejects(mirror, {**late, "passes/Fusion/VerifyContract.cpp": ""}, "the pass VerifyLate has no file")
        self.rejects(mirror, {"test/passes/Gone/x.mlir": ""}, "stands for no folder passes/Gone/")
        self.rejects(mirror, {"test/lib/Gone/x.test": ""}, "stands for no folder lib/")
        self.rejects(mirror, {"runtime/core/Buffer.cpp": ""}, "runtime/core/ has no test in test/runtime/core/")
        self.accepts(mirror, {"runtime/core/Buffer.cpp": "", "test/runtime/core/MemoryTest.cpp": ""})
        self.accepts(mirror, {"tools/moec/moec.cpp": "int main() {}\n"})
        self.rejects(mirror, {path: None for path in GOOD if path.startswith(("tools", "passes", "dialects", "test"))},
                     "nothing to check")

    def test_arrows(self):
        arrows = "check_arrows.py"
        self.accepts(arrows)

        def one(path, include):
            return {path: f'#include "{include}"\n'}

        for path, include in [("dialects/MoE/A.cpp", "passes/Fusion/Passes.h"), ("passes/Fusion/A.h", "lib/Target/Object.h"),
                              ("passes/Fusion/A.cpp", "runtime/core/Text.h"), ("passes/Fusion/A.cpp", "moec/Import.h"),
                              # Phases: one behind, one at the side, a library above its users, the runtime.
                              ("passes/Fusion/A.cpp", "passes/Memory/Layout.h"), ("passes/Fusion/A.h", "passes/Codegen/Passes.h"),
                              ("passes/CPU/A.cpp", "passes/GPU/Passes.h"), ("passes/Codegen/A.cpp", "passes/Fusion/Passes.h"),
                              ("passes/Codegen/A.cpp", "passes/CPU/Passes.h"), ("passes/Remarks.h", "passes/Model/Passes.h"),
                              ("passes/Schedule/A.cpp", "runtime/core/Limits.h"),
                              ("lib/Target/A.cpp", "runtime/core/Session.h"), ("lib/PtxSim/A.cpp", "runtime/core/Text.h"),
                              ("lib/Zoo/A.cpp", "moec/Import.h"),
                              ("lib/Driver/A.cpp", "tools/moec/A.h"), ("runtime/core/A.cpp", "runtime/data/Npy.h"),
                              ("runtime/tool/A.cpp", "lib/PtxSim/Error.h"), ("runtime/data/A.h", "dialects/MoE/MoEOps.h"),
                              ("include/moec/Runtime/A.h", "moec/Import.h")]:
            self.rejects(arrows, one(path, include), f"{path}:1 includes {include}")
        for path, include in [("passes/Fusion/A.cpp", "dialects/MoE/MoEOps.h"), ("lib/Target/A.cpp", "runtime/core/Version.h"),
                              ("runtime/sim/A.cpp", "lib/PtxSim/Error.h"), ("lib/Driver/A.cpp", "runtime/tool/Tool.h"),
                              ("passes/Fusion/A.cpp", "mlir/IR/Value.h"), ("passes/Fusion/A.cpp", "passes/Autodiff/Passes.h"),
                              ("passes/Schedule/A.cpp", "passes/Codegen/AddressExpr.h"), ("passes/GPU/A.cpp", "passes/Codegen/Passes.h"),
                              ("passes/Fusion/A.cpp", "passes/Pipeline.h"), ("passes/Memory/A.cpp", "runtime/core/Limits.h")]:
            self.accepts(arrows, one(path, include))
        self.rejects(arrows, {"passes/Tuning/A.cpp": ""}, "passes/Tuning/ has no place in the order of phases")
        driver = "{fusion::buildFusionPipeline, model::buildModelPipeline}\n"
        self.rejects(arrows, {"lib/Driver/Phases.cpp": driver},
                     "runs Fusion, Model; expected, as in PHASES of check_arrows.py, Model, Fusion")
        self.rejects(arrows, {path: None for path in GOOD if path.startswith(("tools", "passes", "dialects"))},
                     "nothing to check")

    def test_attributes(self):
        source = "passes/Fusion/Helpers.cpp"
        self.accepts("check_attributes.py")
        self.accepts("check_attributes.py", {
            source: 'emitError("run moe.relu first"); // sets "kernel.grid"\n',
            "dialects/MoE/MoEAttributes.cpp": 'auto name = "moe.var";\n'})
        for text in ('op->getAttr("moe.var");', 'func->hasAttr("kernel.function")', 'get(("kernel." + key).str())'):
            self.rejects("check_attributes.py", {source: text + "\n"}, "passes/Fusion/Helpers.cpp:1 has the name")
            self.rejects("check_attributes.py", {"lib/Target/Manifest.cpp": "\n" + text + "\n"},
                         "lib/Target/Manifest.cpp:2 has the name")
        for text in ('b.getNamedAttr("shape", sizes)', 'entry.getAs<StringAttr>("dtype")'):
            self.rejects("check_attributes.py", {source: text + "\n"}, "passes/Fusion/Helpers.cpp:1 has the key")

    def test_phases(self):
        phases = "check_phases.py"
        good = {
            "passes/Fusion/Passes.h": "namespace moec::fusion {\nvoid buildFusionPipeline(mlir::OpPassManager &pm, "
                                      "PassPredicate wants);\nvoid registerFusionPhase();\n}\n",
            "passes/Fusion/Passes.cpp": "void buildFusionPipeline(OpPassManager &pm, PassPredicate wants) {\n"
                                        "  pm.addPass(createFuseDispatchPass());\n"
                                        "  pm.addPass(createVerifyFusionPass());\n}\n"
                                        "void registerFusionPhase() {\n"
                                        "  registerPipeline(\"moec-fusion-pipeline\", \"Fuse\",\n"
                                        "                   buildFusionPipeline);\n}\n",
            "passes/Fusion/Passes.td": PASS_TD + '// "moec-verify-fusion"\n',
            "passes/Fusion/VerifyContract.cpp": "// checks\n",
            "passes/Fusion/README.md": "Fusion\n",
            "lib/Registration/InitAll.cpp": "  fusion::registerFusionPhase();\n",
            "lib/Target/Targets.def": "MOEC_TARGET(NVIDIA)\n",
            "lib/Target/NVIDIA/Gpu.cpp": 'const char *name = "cuda:sm_80";\n',
        }
        self.accepts(phases, good)

        def spoiled(path, old, new, message):
            self.assertIn(old, good[path])
            self.rejects(phases, {**good, path: good[path].replace(old, new)}, message)

        for path in ("passes/Fusion/VerifyContract.cpp", "passes/Fusion/README.md"):
            self.rejects(phases, {**good, path: None}, path)
        spoiled("passes/Fusion/Passes.h", "PassPredicate wants", "int lanes", "expected void buildFusionPipeline(")
        spoiled("passes/Fusion/Passes.h", "registerFusionPhase", "registerFusionPasses", "expected void registerFusionPhase()")
        spoiled("passes/Fusion/Passes.h", "moec::fusion", "moec", "expected namespace moec::fusion, got moec")
        spoiled("passes/Fusion/Passes.cpp", "moec-fusion-pipeline", "moec-fuse", "the pipeline moec-fusion-pipeline")
        spoiled("passes/Fusion/Passes.cpp", "  pm.addPass(createVerifyFusionPass());\n", "",
                "to end with createVerifyFusionPass()")
        spoiled("passes/Fusion/Passes.td", "verify-fusion", "verify", "expected the pass moec-verify-fusion")
        # A second pipeline of the folder is no exception.
        second = {path: good[path] + good[path].replace("Fusion", "Late").replace("fusion", "late")
                  for path in ("passes/Fusion/Passes.h", "passes/Fusion/Passes.cpp")}
        self.rejects(phases, {**good, **second}, "to register the pipeline moec-late-pipeline")
        self.rejects(phases, {**good, **second}, "expected the pass moec-verify-late")
        unchecked = second["passes/Fusion/Passes.cpp"].replace("  pm.addPass(createVerifyLatePass());\n", "")
        self.rejects(phases, {**good, **second, "passes/Fusion/Passes.cpp": unchecked},
                     "expected buildLatePipeline to end with createVerifyLatePass()")
        spoiled("lib/Registration/InitAll.cpp", "fusion::", "", "to call fusion::registerFusionPhase()")
        spoiled("lib/Target/Targets.def", "NVIDIA", "AMD", "lib/Target/NVIDIA/ is no line")
        spoiled("lib/Target/Targets.def", "NVIDIA", "AMD", "AMD has no folder")
        remark = 'remark::missed(loc, remarkAbout(op, "Slow", "Fusion"))\n'
        self.accepts(phases, {**good, "passes/Fusion/A.cpp": remark})
        self.rejects(phases, {**good, "passes/Fusion/A.cpp": remark.replace('"Fusion"', '"CPU"')},
                     "expected remarks of category Fusion, got CPU")
        self.rejects(phases, {**good, "lib/Driver/A.cpp": 'if (target == "cuda:sm_90a")\n'}, "names a machine")
        self.accepts(phases, {**good, "lib/Driver/A.cpp": "// cuda:sm_90a\n"})
        self.rejects(phases, {path: None for path in GOOD if path.startswith("passes")}, "nothing to check")

    def test_extensions(self):
        extensions = "check_extensions.py"
        table = ("## What an extension touches\n\n| extension | word | touches |\n|---|---|---|\n"
                 "| CIFAR-10 | `cifar10` | `runtime/data/Cifar10.cpp`; its line in `runtime/api/Registration.cpp` |\n"
                 "| averages | | none: [`shadows`](x.md) |\n\n## Next\n")
        good = {"docs/design.md": table, "runtime/data/Cifar10.cpp": "// CIFAR-10\n",
                "runtime/api/Registration.cpp": "item(cifar10Dataset)\n", "runtime/data/Cifar100.cpp": "openCifar100();\n",
                "runtime/data/CMakeLists.txt": "Cifar10.cpp\n", "docs/runtime.md": "cifar10\n", "README.md": "cifar10\n",
                "test/runtime/data/Cifar10Test.cpp": "cifar10\n", "lib/Zoo/Small.cpp": "cifar10\n"}
        self.accepts(extensions, good)
        lion = {"docs/design.md": table.replace("CIFAR-10 | `cifar10` | `runtime/data/Cifar10.cpp`; its line in `runtime/api/Registration.cpp`",
                                                "Lion | `lion` | `dialects/MoE/MoELion.cpp`"),
                "dialects/MoE/MoELion.cpp": ""}
        for text in ('if (name == "cifar10")', "openCifar10();", "the records of CIFAR-10", "cifar_10"):
            self.rejects(extensions, {**good, "lib/Driver/Main.cpp": text + "\n"},
                         "lib/Driver/Main.cpp has '")
        for text in ("a million", "BILLIONS", "medallion"):
            self.accepts(extensions, {**lion, "lib/Driver/Main.cpp": text + "\n"})
        for text in ("LionUpdateOp", "MoELion", "isLion", "is_lion", "LION", "2lion"):
            self.rejects(extensions, {**lion, "lib/Driver/Main.cpp": text + "\n"}, "lib/Driver/Main.cpp has '")
        self.rejects(extensions, {**good, "runtime/data/Cifar10Reader.h": ""}, "runtime/data/Cifar10Reader.h has 'Cifar10'")
        self.rejects(extensions, {**good, "runtime/data/Cifar10.cpp": None}, "there is no file runtime/data/Cifar10.cpp")
        self.rejects(extensions, {**good, "runtime/api/Registration.cpp": "item(idxDataset)\n"},
                     "runtime/api/Registration.cpp does not have 'cifar10'")
        self.rejects(extensions, {**good, "docs/design.md": table.replace("`cifar10` |", "|")}, "expected a word that only it uses")
        self.rejects(extensions, {**good, "docs/design.md": table.replace("| word |", "|")}, "nothing to check")

    def test_sizes(self):
        sizes = "check_sizes.py"
        self.accepts(sizes, {"lib/A.cpp": "\n" * 600})
        self.rejects(sizes, {"lib/A.cpp": "\n" * 601}, "lib/A.cpp has 601 lines")
        self.rejects(sizes, {"dialects/MoE/B.td": "\n" * 401}, "B.td has 401 lines")
        self.rejects(sizes, {"passes/Fusion/Passes.td": "\n" * 151}, "Passes.td has 151 lines")
        self.rejects(sizes, {"tools/moec/moec.cpp": "int a;\n" * 21}, "lines of code")

    def test_format(self):
        script, tool = "check_format.py", [os.environ.get("MOEC_CLANG_FORMAT", "clang-format-22")]
        style = {".clang-format": "BasedOnStyle: LLVM\n"}
        self.accepts(script, {**style, "lib/A.cpp": "int f(int x) { return x; }\n"}, tool)
        self.rejects(script, {**style, "lib/A.cpp": "int f(int x){return x;}\n"}, "lib/A.cpp:1:", tool)

    def test_records(self):
        script, tools = "check_records.py", [os.path.join(LLVM, "llvm-tblgen"), INCLUDE]
        if MOEC_OPT:
            tools.append(MOEC_OPT)
            self.rejects(script, {"dialects/MoE/MoEOps.td": OPS_TD.replace("return %x", "return %y")},
                         "the example of moe.relu does not parse", tools)
        self.accepts(script, arguments=tools)
        for change, message in (
                (("  let summary = \"max(x, 0)\";\n", ""), "moe.relu has no summary"),
                (("// moe.relu would", "// moe.relu_grad would"), "moe.relu has no ```mlir example")):
            self.rejects(script, {"dialects/MoE/MoEOps.td": OPS_TD.replace(*change)}, message, tools)
        # A part of another op may be shown there, but not nowhere.
        part = OPS_TD + '''def MoE_EndOp : Op<MoE_Dialect, "end", [HasParent<"ReluOp">]> {
  let summary = "ends";
  let description = "Ends a relu.";
}
'''
        self.rejects(script, {"dialects/MoE/MoEOps.td": part}, "no ```mlir example of any op uses moe.end", tools)
        self.accepts(script, {"dialects/MoE/MoEOps.td": part.replace("// moe.relu", "// moe.end moe.relu")}, tools)
        self.rejects(script, {"passes/Fusion/Passes.td":
                              PASS_TD.replace("Moves the gather into the first contraction.", "")},
                     "--moec-fuse-dispatch has no description", tools)

    def test_doc_commands(self):
        script = "check_doc_commands.py"
        self.accepts(script, arguments=["ROOT"])
        self.rejects(script, {"docs/a.md": "text\n\n```sh run\ntrue\nfalse\ntrue\n```\n"},
                     "docs/a.md:4: exit code 1", ["ROOT"])
        self.accepts(script, {"docs/a.md": "```sh\nfalse\n```\n"}, ["ROOT"])
        self.rejects(script, {"README.md": "nothing\n"}, "nothing to check", ["ROOT"])
        self.rejects(script, {"examples/e/README.md": "```sh run\necho > out\nbuild/bin/none\n```\n"},
                     "exit code 127", ["ROOT"])

    def test_standalone(self):
        """LLVM's own tools load LLVM; Python does not, but is no small program."""
        def run(program, most):
            command = [sys.executable, "-B", os.path.join(HERE, "check_standalone.py"),
                       program, os.path.join(LLVM, "llvm-readelf"), most]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            return done.returncode, done.stdout
        python = os.path.realpath(sys.executable)
        self.assertEqual(run(python, "100000000")[0], 0)
        code, output = run(python, "1000")
        self.assertEqual(code, 1)
        self.assertIn("more than 1000", output)
        code, output = run(os.path.join(LLVM, "llvm-readelf"), "100000000")
        self.assertEqual(code, 1)
        self.assertIn("loads libLLVM", output)

    def test_generated_docs(self):
        """On the repository itself: fresh pages pass, a changed one does not."""
        generate = os.path.join(HERE, "..", "..", "scripts", "generate-docs.py")
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-B", generate, os.path.join(LLVM, "mlir-tblgen"), INCLUDE, out]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.assertEqual(subprocess.run([*command, "--check"], stdout=subprocess.DEVNULL).returncode, 0)
            with open(os.path.join(out, "README.md"), "a", encoding="utf-8") as file:
                file.write("edited\n")
            stale = subprocess.run([*command, "--check"], capture_output=True, text=True)
            self.assertEqual(stale.returncode, 1)
            self.assertIn("README.md is stale", stale.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
