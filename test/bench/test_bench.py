"""Tests of what bench/run makes of times, with times made up.

usage: test_bench.py BENCH
"""

import importlib.machinery
import importlib.util
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))

from moecbench import compare, kernels, report, rows  # noqa: E402
from moecbench.cases import Case  # noqa: E402

loader = importlib.machinery.SourceFileLoader("turns", sys.path[0] + "/turns")
turns = importlib.util.module_from_spec(importlib.util.spec_from_loader("turns", loader))
loader.exec_module(turns)


def row(kind="inference", rounds=None, reasons=None, flops=10e9, peak=1e12):
    rounds = rounds if rounds is not None else {
        "moec": [[0.020, 0.010, 0.030], [0.040], [0.020, 0.020]],
        "jax": [[0.050], [0.060], [0.055]],
        "openvino": [[0.010], [0.008], [0.012]]}
    case = Case(kind, "vit-s16", 1, "f32", 2)
    return rows.make(case, "moec", rounds, {"moec": 1 << 20, "jax": 3 << 20, "iree": None}, reasons or {}, flops, peak)


class Rows(unittest.TestCase):
    def test_values_are_medians_of_rounds(self):
        # Medians of our rounds: 20, 40 and 20 ms; of all runs it would be 20 of six.
        self.assertEqual(row()["ours"], 20.0)
        self.assertEqual(row()["spread"]["moec"], [20.0, 40.0])
        self.assertEqual(row()["peers"], {"jax": 55.0, "openvino": 10.0})

    def test_ratio_is_to_the_fastest_peer(self):
        self.assertEqual(row()["ratio_to_best_peer"], 0.5)
        ahead = row(rounds={"moec": [[0.01]], "jax": [[0.03]], "openvino": [[0.02]]})
        self.assertEqual(ahead["ratio_to_best_peer"], 2.0)

    def test_more_gflops_are_better(self):
        found = row("contraction", {"moec": [[0.1]], "onednn": [[0.05]], "openblas": [[0.2]]})
        self.assertEqual((found["ours"], found["unit"]), (100.0, "GFLOP/s"))
        self.assertEqual(found["peers"], {"onednn": 200.0, "openblas": 50.0})
        self.assertEqual(found["ratio_to_best_peer"], 0.5)
        self.assertAlmostEqual(found["share_of_peak"], 0.1)

    def test_share_of_peak(self):
        self.assertAlmostEqual(row()["share_of_peak"], 0.5)  # 10 GFLOP in 20 ms of 1 TFLOP/s
        self.assertIsNone(row("compile")["share_of_peak"])
        self.assertIsNone(row(peak=None)["share_of_peak"])

    def test_who_has_no_number_has_a_reason(self):
        found = row(rounds={"moec": [[0.02]], "iree": []}, reasons={"iree": "ended with code -11", "jax": "no"})
        self.assertEqual(found["peers"], {"iree": None, "jax": None})
        self.assertIsNone(found["ratio_to_best_peer"])
        self.assertEqual(rows.problems(found), [])
        del found["reasons"]["iree"]
        self.assertEqual(rows.problems(found), ["iree has neither a number nor a reason"])

    def test_without_us_there_is_no_ratio(self):
        found = row(rounds={"jax": [[0.02]]}, reasons={"moec": "out of memory"})
        self.assertEqual((found["ours"], found["ratio_to_best_peer"], found["share_of_peak"]), (None, None, None))
        self.assertEqual(rows.problems(found), [])
        found["reasons"] = {}
        self.assertEqual(rows.problems(found), ["no number of ours, and no reason"])

    def test_memory_is_that_of_each_process(self):
        self.assertEqual(row()["peak_memory_bytes"], 1 << 20)
        self.assertEqual(row()["peers_peak_memory_bytes"], {"jax": 3 << 20})

    def test_problems_of_rows(self):
        self.assertEqual(rows.problems(row()), [])
        for change, text in [({"threads": "2"}, "threads is '2', expected int"),
                             ({"ours": "fast"}, "ours is 'fast', expected float or NoneType"),
                             ({"unit": "s"}, "kind inference with the unit s"),
                             ({"ratio_to_best_peer": 3.0}, "ratio_to_best_peer is not that of ours and peers"),
                             ({"speed": 1}, "unknown member speed")]:
            self.assertIn(text, rows.problems({**row(), **change}))
        short = row()
        del short["spread"]
        self.assertEqual(rows.problems(short), ["no member spread"])


class Turns(unittest.TestCase):
    def test_neighbouring_steps_are_compared(self):
        # The machine was half as fast for two steps; the second module takes 0.9 of the time all along.
        first = [0.010, 0.020, 0.020, 0.010, 0.010]
        lines = turns.table(["a", "b"], [first, [0.9 * value for value in first]])
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[1], r"^a +10\.000 +10\.000 +20\.000 +1\.000 \(1\.000 to 1\.000\)$")
        self.assertRegex(lines[2], r"^b +9\.000 +9\.000 +18\.000 +0\.900 \(0\.900 to 0\.900\)$")


@unittest.skipUnless(importlib.util.find_spec("numpy"), "needs NumPy")
class Compare(unittest.TestCase):
    def difference(self, gaps, kind="inference", dtype="f32", routed=False):
        """Of logits 10 in size, one image a gap, whose first logit is off by it."""
        import numpy
        ours = numpy.full((len(gaps), 4), 10, numpy.float32)
        theirs = ours.copy()
        theirs[:, 0] += numpy.array(gaps, numpy.float32)
        return compare.difference(ours, theirs, Case(kind, "vit-s16", len(gaps), dtype, 1), routed)

    def test_f32(self):
        self.assertIsNone(self.difference([0.0009, 0]))
        self.assertIn("result differs by 0.0011 of ours, more than 0.0001", self.difference([0, 0.011]))

    def test_routers_may_move_one_image_in_ten(self):
        self.assertIsNone(self.difference([1.0] + [0.0] * 9, routed=True))
        self.assertIsNotNone(self.difference([1.0] * 2 + [0.0] * 8, routed=True))
        self.assertIsNotNone(self.difference([1.0], routed=True))
        self.assertIsNotNone(self.difference([1.0] + [0.0] * 9))

    def test_bf16(self):
        self.assertIsNone(self.difference([0.5], dtype="bf16"))  # root mean square 0.25 of 10
        self.assertIsNotNone(self.difference([0.7], dtype="bf16"))
        self.assertIsNone(self.difference([0.7], dtype="bf16", routed=True))

    def test_losses(self):
        self.assertIsNone(self.difference([0.009], "training"))
        self.assertIn("losses of the first steps", self.difference([0.011], "training"))

    def test_losses_behind_an_update_of_a_router(self):
        self.assertIsNone(self.difference([0.009, 0.09], "training", routed=True))
        self.assertIsNotNone(self.difference([0.009, 0.11], "training", routed=True))
        self.assertIsNotNone(self.difference([0.011, 0], "training", routed=True))
        self.assertIsNotNone(self.difference([0.009, 0.09], "training"))

    def test_what_proves_nothing(self):
        import numpy
        case, ones = Case("inference", "vit-s16", 1, "f32", 1), numpy.ones((1, 4), numpy.float32)
        self.assertIn("all zeros", compare.difference(0 * ones, 0 * ones, case, False))
        self.assertIn("not finite", compare.difference(ones, ones * numpy.inf, case, False))
        self.assertIn("not finite", compare.difference(ones, ones * numpy.nan, case, False))
        self.assertIn("shape", compare.difference(ones, ones[0], case, False))


class Report(unittest.TestCase):
    def results(self, *found):
        machine = {"cpu": "A CPU", "cores": 2, "commit": "abc", "changed": False, "fma_peak_isa": "avx512f",
                   "fma_peak_flops": {"2": 4.3e11}, "copy_bytes_per_second": {"2": 2.5e10},
                   "read_bytes_per_second": {"2": 3e10}, "packages": {"jax": "1.0"},
                   "load_before": 0.1, "load_after": 2.0}
        return {"command": "bench/run --quick", "rounds": 3, "machine": machine, "rows": list(found),
                "kernels": [], "kernels_reason": "contract_bench is not built"}

    def test_numbers_have_three_digits(self):
        self.assertEqual([report.number(v) for v in (None, 1234.5, 123.4, 12.34, 1.234, 0.01234)],
                         ["-", "1234", "123", "12.3", "1.23", "0.0123"])

    def test_table(self):
        text = report.markdown(self.results(row(reasons={"iree": "not installed: iree"}), row("compile")))
        self.assertIn("# A CPU, 2 cores, moec abc\n", text)
        self.assertIn("* 2 threads: FMA peak 430 GFLOP/s (avx512f), copies 25 GB/s, reads 30 GB/s\n", text)
        self.assertIn("## Inference (ms, less is better)\n", text)
        # A peer without any number has no column, but stands below.
        self.assertIn("| case | batch | dtype | threads | moec | spread | jax | openvino | ratio to best peer |", text)
        self.assertIn("| vit-s16 | 1 | f32 | 2 | 20 | 100 % | 55 | 10 | 0.5 | 0.5 | 1 |\n", text)
        self.assertIn("* inference, iree: not installed: iree (vit-s16, batch 1, f32, 2 threads)\n", text)
        self.assertIn("## Compiling (s, less is better)\n", text)
        self.assertNotIn("## Training", text)

    def test_kernels(self):
        found = kernels.parse("share of the FMA peak (median, best), one thread; ms\n"
                              "matmul TB 512 512 512                 0.81  0.84    0.771 ms      16 blocks\n")
        self.assertEqual(found, [{"kernel": "matmul TB 512 512 512", "share_of_peak": 0.81,
                                  "best_share_of_peak": 0.84, "ms": 0.771}])
        results = self.results()
        self.assertIn("Kernels alone: contract_bench is not built.\n", report.markdown(results))
        results["kernels"] = found
        self.assertIn("| matmul TB 512 512 512 | 0.81 | 0.84 | 0.771 |\n", report.markdown(results))

    def test_one_reason_stands_once(self):
        one = row(reasons={"iree": "no"})
        text = report.markdown(self.results(one, one, one))
        self.assertEqual(text.count("* inference, iree: no (vit-s16, batch 1, f32, 2 threads and 2 more)"), 1)


if __name__ == "__main__":
    unittest.main()
