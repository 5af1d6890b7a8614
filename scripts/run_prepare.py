# SPDX-License-Identifier: MIT
"""What must be there before QEMU starts: programs, kernel, initramfs, IGVM file."""

import functools
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import cpio_newc
from run_result import LaunchError

SCRIPTS = pathlib.Path(__file__).resolve().parent
# make install puts all that is needed into one folder, which is not written to.
INSTALLED = (SCRIPTS / "machine.elf").exists()
PRODUCTS = SCRIPTS if INSTALLED else SCRIPTS.parent / "build"
QEMU_MIN = (10, 0)
# The first Linux that can start below VMPL0 on an SVSM.
SVSM_LINUX_MIN = (6, 11)
# Older ones refuse to start with SEV_FEATURES.DebugSwap.
DEBUG_SWAP_LINUX_MIN = (6, 6)
# struct igvm_payload: 2048 bytes with the final NUL; Linux has the same limit.
CMDLINE_MAX = 2047


def run_tool(command, what, limit=120, stdin=subprocess.DEVNULL):
    """Runs a tool of this tree; returns its standard output."""
    try:
        done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{what} took longer than {limit} seconds") from None
    except OSError as error:
        raise LaunchError(f"{what}: cannot run {command[0]}: {error.strerror}") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise LaunchError(f"{what} failed: {lines[-1]}")
    return done.stdout


def from_cache(*arguments):
    """Runs scripts/cache, whose progress and errors the user shall see."""
    done = subprocess.run([SCRIPTS / "cache", *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise LaunchError(f"scripts/cache {arguments[0]} failed (its message is above)")
    return done.stdout.strip()


def find_qemu(wanted):
    """Path of a QEMU that is new enough; --qemu FILE or the cache's choice."""
    qemu = wanted or from_cache("qemu")
    text = run_tool([qemu, "--version"], "QEMU --version", 20)
    match = re.search(r"version (\d+)\.(\d+)\S*", text)
    if not match:
        raise LaunchError(f"{qemu} --version does not say which QEMU it is")
    if (int(match[1]), int(match[2])) < QEMU_MIN:
        raise LaunchError(f"{qemu} is QEMU {match[1]}.{match[2]}, need 10.0 or newer; "
                          "leave --qemu away to use that of scripts/cache")
    return qemu


def check_accel(accel):
    if accel != "kvm":
        return
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise LaunchError("--accel kvm: no access to /dev/kvm; use --accel tcg")
    try:
        nested = pathlib.Path("/sys/module/kvm_amd/parameters/nested").read_text().strip()
    except OSError:
        raise LaunchError("--accel kvm needs an AMD processor with kvm_amd; "
                          "use --accel tcg") from None
    if nested not in ("1", "Y"):
        raise LaunchError("--accel kvm: nested SVM is off; load kvm_amd with nested=1")


class Kernel:
    """A guest kernel: its image, its release, its modules (None: unknown).

    config: path of its configuration, which need not exist.
    headers: what modules can be built with (None: unknown).
    """

    def __init__(self, image, release, modules, config, headers):
        self.image = image
        self.release = release
        self.modules = modules
        self.config = config
        self.headers = headers


def find_kernel(wanted):
    """WANTED is None, a version for scripts/cache, or a bzImage file."""
    if wanted and ("/" in wanted or os.path.exists(wanted)):
        return _kernel_from_file(pathlib.Path(wanted))
    found = dict(word.split("=", 1) for line in
                 from_cache("kernel", *([wanted] if wanted else [])).splitlines()
                 for word in shlex.split(line))
    return Kernel(pathlib.Path(found["vmlinuz"]), found["release"],
                  pathlib.Path(found["modules"]), pathlib.Path(found["config"]),
                  pathlib.Path(found["headers"]))


def _kernel_from_file(image):
    try:
        with open(image, "rb") as file:
            head = file.read(0x10000)
    except OSError as error:
        raise LaunchError(f"--kernel {image}: {error.strerror}") from None
    # The setup header of the x86 boot protocol; its kernel_version field.
    if head[0x202:0x206] != b"HdrS":
        raise LaunchError(f"--kernel {image}: not an x86 Linux kernel (bzImage)")
    start = int.from_bytes(head[0x20e:0x210], "little") + 0x200
    release = head[start:].split(b"\0", 1)[0].decode(errors="replace").partition(" ")[0]
    folder = image.resolve().parent
    config = folder / f"config-{release}"
    if not config.exists():
        config = folder / "config"
    for modules in (folder.parent / release, folder.parent / "lib/modules" / release,
                    pathlib.Path("/lib/modules") / release):
        if (modules / "kernel").is_dir():
            headers = modules / "build"
            return Kernel(image, release, modules, config, headers if headers.is_dir() else None)
    return Kernel(image, release, None, config, None)


def is_older(kernel, version):
    """Is KERNEL known to be older than VERSION, a pair of numbers?"""
    match = re.match(r"(\d+)\.(\d+)", kernel.release)
    return bool(match) and (int(match[1]), int(match[2])) < version


def check_kernel_for_svsm(kernel):
    if is_older(kernel, SVSM_LINUX_MIN):
        raise LaunchError(f"Linux {kernel.release} cannot run on an SVSM (needs 6.11 or newer); "
                          "use --no-svsm or a newer --kernel")


def check_kernel_for_tdx(kernel):
    """Without it Linux would hang in its first instructions, silently."""
    try:
        config = kernel.config.read_text(errors="replace")
    except OSError:
        return
    if not re.search("^CONFIG_INTEL_TDX_GUEST=y$", config, re.MULTILINE):
        raise LaunchError(f"Linux {kernel.release} cannot be a TD (it is built without "
                          "CONFIG_INTEL_TDX_GUEST); use another --kernel")


def firmware(build, platform, svsm):
    return build / f"{'svsm' if svsm else 'stub'}-{platform}.elf"


def check_products(paths):
    for path in paths:
        if not path.exists():
            raise LaunchError(f"{path} is missing; " + (
                "it belongs to the svsm packages" if INSTALLED else "run make first"))


@functools.cache
def _fingerprint():
    """Of what is installed to make modules and an initramfs from.

    Packages give files times of their own choice, so these tell nothing.
    """
    total = hashlib.sha256()
    names = ("initramfs", "cpio_newc.py", "guest-init", "guest-demo")
    for path in sorted([*(SCRIPTS / "guest").rglob("*"), *(SCRIPTS / name for name in names)]):
        if path.is_file():
            total.update(b"%b\0%b\0" % (bytes(path.relative_to(SCRIPTS)), path.read_bytes()))
    return total.hexdigest()[:16]


def work_folder(build):
    """Where files are made that later runs use again."""
    if not INSTALLED or build != PRODUCTS:
        return build
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = os.environ.get("SVSM_CACHE") or os.path.join(home, "svsm")
    return pathlib.Path(cache).absolute() / "run" / _fingerprint()


def own_modules(build, kernel):
    return work_folder(build) / "modules" / kernel.release


def check_modules(build, kernel):
    """The modules for this kernel are there, or are made where that is our job."""
    path = own_modules(build, kernel) / "svsm_irq.ko"
    if INSTALLED and build == PRODUCTS and kernel.headers and not path.exists():
        _make_modules(SCRIPTS / "guest", kernel.headers, work_folder(build))
    if not path.exists():
        raise LaunchError(f"{path} is missing; run make modules, or use --no-modules")


def _make_modules(source, headers, work):
    print(f"svsm-run: building the modules for the kernel of {headers}", file=sys.stderr)
    work.mkdir(parents=True, exist_ok=True)
    makefile, log = work / "modules.mk", work / "modules.log"
    makefile.write_text(f"srctree := {source}\nBUILD := {work}\nKDIR := {headers}\n"
                        "include $(srctree)/drivers/rules.mk\n")
    with open(log, "wb") as out:
        try:
            done = subprocess.run(["make", "-s", "-f", makefile, "modules"], stdout=out,
                                  stderr=out, stdin=subprocess.DEVNULL, timeout=600, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LaunchError(f"building the modules: {error}; or use --no-modules") from None
    if done.returncode:
        raise LaunchError(f"building the modules failed, see {log}; or use --no-modules")


def make_initramfs(build, kernel):
    """Brings the initramfs of this kernel up to date; returns its path."""
    out = work_folder(build) / f"initramfs-{kernel.release}.cpio.gz"
    command = [sys.executable, SCRIPTS / "initramfs", "-o", out]
    if kernel.modules:
        command += ["--modules", kernel.modules,
                    "--own-modules", own_modules(build, kernel)]
    run_tool(command, "scripts/initramfs")
    return out


def build_selftests(build, folder):
    """Installs the tests of the drivers to FOLDER; returns them as --add wants files."""
    if INSTALLED:
        folder = SCRIPTS / "selftests"
        if not (folder / "run_all.sh").exists():
            raise LaunchError(f"{folder} is missing; install the package svsm-selftests")
    else:
        run_tool(["make", "-s", "-C", SCRIPTS.parent / "selftests/svsm", "install",
                  f"OUTPUT={(build / 'selftests/svsm').absolute()}", f"INSTALL_PATH={folder}"],
                 "building selftests/svsm")
    return [f"{path}:svsm-selftests/{path.name}" for path in sorted(pathlib.Path(folder).iterdir())]


def check_gnuplot():
    if not shutil.which("gnuplot"):
        raise LaunchError("--plots needs gnuplot; run: apt-get install gnuplot-nox")


def draw_plots(output, folder):
    """Draws pictures of what the tests of the drivers printed; keeps that beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(output, folder / "selftest.ktap")
    tests = SCRIPTS / "selftests" if INSTALLED else SCRIPTS.parent / "selftests/svsm"
    with open(output, "rb") as data:
        run_tool([tests / "plots.sh", folder], "drawing the plots", stdin=data)


def add_files(initrd, files, out):
    """Writes OUT: the initramfs INITRD and a second archive with FILES.

    files: list of "FILE" or "FILE:GUESTPATH"; default is the root folder.
    """
    archive = cpio_newc.Archive()
    for each in files:
        name, _, guest_path = each.partition(":")
        try:
            data = pathlib.Path(name).read_bytes()
            executable = os.access(name, os.X_OK)
        except OSError as error:
            raise LaunchError(f"--add {name}: {error.strerror}") from None
        archive.file(guest_path or os.path.basename(name), data, 0o755 if executable else 0o644)
    base = initrd.read_bytes()
    # Linux looks for the next archive at a multiple of four bytes.
    out.write_bytes(base + bytes(-len(base) % 4) + archive.to_bytes())
    return out


def igvm_command(build, platform, svsm, kernel):
    """The start of an igvm-build command. kernel: None for the SVSM without one."""
    command = [build / "igvm-build", "--platform", platform, "--firmware",
               firmware(build, platform, svsm)]
    if svsm:
        command.append("--vtl2")
    if platform == "snp" and svsm:
        command += ["--sev-features", "0x29"]
    elif platform == "snp":
        command += ["--sev-features",
                    "0x1" if is_older(kernel, DEBUG_SWAP_LINUX_MIN) else "0x21"]
    return command


def linux_options(kernel, initrd, cmdline):
    """What an igvm-build command needs to know of the guest."""
    if len(cmdline.encode()) > CMDLINE_MAX:
        raise LaunchError(f"the guest's command line is too long ({len(cmdline.encode())} bytes, "
                          f"at most {CMDLINE_MAX}); pass a long --exec as a script with --add")
    return ["--kernel", kernel.image, "--initrd", initrd, "--cmdline", cmdline]
