# SPDX-License-Identifier: MIT
"""How a run ended, and the exit status of the launcher that follows from it."""

import dataclasses

TEST_FAILED = 1
TIMEOUT = 124
LAUNCHER_ERROR = 125
GUEST_FAILED = 126

# What the machine writes to the isa-debug-exit port. QEMU turns a value V into
# its own exit status (V << 1) | 1.
POWER_OFF = 0x10
RESET = 0x11
GUEST_ENDED = 0x20
SELFTEST_FAILED = 0x21   # from the SVSM
MACHINE_ERROR = 0x30


class LaunchError(Exception):
    """The run could not start, or QEMU failed; exit status 125."""


@dataclasses.dataclass
class Observed:
    """All that the launcher saw of one run."""

    qemu_status: int | None = None   # as Popen.returncode; None: we ended it
    qemu_message: str = ""           # last line that QEMU wrote to stderr
    timed_out: bool = False
    panic: str | None = None
    ended: str | None = None         # the machine's "guest ended" reason
    error: str | None = None         # the machine's "error" reason
    wants_status: bool = False       # a command was given with --exec
    status: int | None = None        # its exit status, when it came
    selftest: bool = False           # it was the SVSM's self-test
    test_failure: str | None = None  # why its KTAP is no success
    interactive: bool = False
    user_quit: bool = False          # Ctrl-A x


def verdict(seen, timeout):
    """Returns (exit status, one-line reason or None)."""
    if seen.user_quit:
        return 0, None
    if seen.timed_out and seen.status is None:
        return TIMEOUT, f"timeout: the guest was ended after {timeout:g} seconds"
    if seen.panic is not None:
        return GUEST_FAILED, f"the guest kernel panicked: {seen.panic}"
    if seen.qemu_status is None:
        if seen.status is not None:
            return seen.status, "note: the guest did not power off and was ended"
        return GUEST_FAILED, "QEMU was ended by the launcher"
    if seen.qemu_status < 0:
        return LAUNCHER_ERROR, f"QEMU was killed by signal {-seen.qemu_status}"
    if not seen.qemu_status & 1:
        return GUEST_FAILED, "QEMU stopped without a result from the machine (did its CPU reset?)"
    return _machine_verdict(seen, seen.qemu_status >> 1)


def _test_verdict(seen, value):
    if seen.test_failure:
        return TEST_FAILED, f"the self-test failed: {seen.test_failure}"
    if value == SELFTEST_FAILED:
        return TEST_FAILED, "the self-test failed, though every test that it printed is ok"
    return 0, None


def _machine_verdict(seen, value):
    if value == GUEST_ENDED:
        return GUEST_FAILED, f"the machine ended the guest: {seen.ended or 'no reason on its log'}"
    if value == MACHINE_ERROR:
        return GUEST_FAILED, f"the machine failed: {seen.error or 'no reason on its log'}"
    if seen.selftest and value in (POWER_OFF, SELFTEST_FAILED):
        return _test_verdict(seen, value)
    if value == RESET and not seen.interactive:
        return GUEST_FAILED, "the guest reset instead of powering off"
    if value in (POWER_OFF, RESET):
        if not seen.wants_status:
            return 0, None
        if seen.status is None:
            return GUEST_FAILED, "the guest powered off before the command ended"
        return seen.status, None
    # 1 (value 0) is also how QEMU says that it could not start.
    return LAUNCHER_ERROR, f"QEMU failed: {seen.qemu_message or f'exit status {seen.qemu_status}'}"
