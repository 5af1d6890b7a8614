# SPDX-License-Identifier: MIT
# The launcher: initramfs of the guest, and the checks of the scripts.
#
#   BUILD    build folder of the tree
#   srctree  top of the tree

scripts_shell = cache check deps run guest-init guest-demo kernel-matrix
scripts_python = svsm-run kernel-overlay initramfs cpio_newc.py run_channel.py run_prepare.py \
		 run_result.py run_session.py
packages_shell = run lib.sh deb dkms enforce install reproducible rpm secure-boot sign

.PHONY: scripts-initramfs scripts-check scripts-test

# The guest's initramfs for the default kernel.
scripts-initramfs:
	@eval "$$($(srctree)/scripts/cache kernel)" && \
		$(srctree)/scripts/initramfs --modules "$$modules" \
			--own-modules $(BUILD)/modules/"$$release" \
			-o $(BUILD)/initramfs.cpio.gz

scripts-check:
	cd $(srctree)/scripts && shellcheck $(scripts_shell)
	cd $(srctree)/selftests/kunit && shellcheck run qemu/qemu-system-x86_64
	cd $(srctree)/packaging && shellcheck make-deb make-rpm make-source dkms/source
	cd $(srctree)/selftests/packages && shellcheck -x $(packages_shell)
	cd $(srctree)/scripts && PYTHONPYCACHEPREFIX=$(abspath $(BUILD))/pycache \
		python3 -m py_compile $(scripts_python)

# Prints "N passed, N failed".
scripts-test:
	$(srctree)/selftests/launcher/run
