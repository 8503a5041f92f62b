"""Reports of ThreadSanitizer are told apart by who makes the two accesses."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "fuzz"))
sys.dont_write_bytecode = True

import races  # noqa: E402

POOL = "    #9 llvm::StdThreadPool::processTasks() <null> (libLLVM.so.22.1+0x4e50775) (BuildId: 11)"
OURS = "    #0 moec::target::emitObjects(mlir::ModuleOp) lib/Target/Object.cpp:168:42 (moec+0x4e79f9) (BuildId: 4a)"
THEIRS = "    #0 memcpy <null> (moec+0x21bd2e)\n    #1 <null> <null> (libMLIR.so.22.1+0x634a0de) (BuildId: 94)"
TASK = "    #0 std::unique_ptr<std::__future_base::_Result<void>>::~unique_ptr() unique_ptr.h:395:6 (moec+0x4ee007)"


def report(first, second, what="data race"):
    return f"""==================
WARNING: ThreadSanitizer: {what} (pid=1)
  Write of size 4 at 0x1 by thread T2:
{first}
{POOL}

  Previous write of size 4 at 0x1 by thread T1:
{second}
{POOL}

  Location is global
SUMMARY: ThreadSanitizer: {what}
==================
"""


class Races(unittest.TestCase):
    def test_accesses_of_our_code_are_a_race(self):
        self.assertEqual(len(races.races(report(OURS, OURS))), 1)
        allocated = "    #0 operator new(unsigned long) <null> (moec+0x1)\n" + OURS.replace("#0", "#1")
        self.assertEqual(len(races.races(report(OURS, allocated))), 1)

    def test_accesses_of_code_without_the_sanitizer_are_none(self):
        for other in (THEIRS, TASK):
            self.assertEqual(races.races(report(OURS, other)), [])
            self.assertEqual(races.races(report(other, OURS)), [])

    def test_a_stack_that_is_lost_says_nothing(self):
        self.assertEqual(races.races(report(OURS, "    [failed to restore the stack]").replace(POOL, "")), [])

    def test_other_reports_count(self):
        self.assertEqual(len(races.races(report(THEIRS, THEIRS, "lock-order-inversion (potential deadlock)"))), 1)

    def test_each_report_is_judged(self):
        text = report(OURS, OURS) + report(OURS, THEIRS) + report(TASK, TASK) + report(OURS, OURS)
        self.assertEqual(len(races.races(text)), 2)


if __name__ == "__main__":
    unittest.main()
