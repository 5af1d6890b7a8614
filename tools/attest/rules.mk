# SPDX-License-Identifier: MIT
# report-verify, and the unit tests of attestation: messages, signatures, evidence.
# Needs $(BUILD) and $(srctree); $(CC), $(HOSTCC) and $(VERSION) are optional.

ATTEST_CC ?= $(or $(HOSTCC),$(CC),cc)
ATTEST_CFLAGS ?= -O2 -g
attest-cflags := -std=gnu11 -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wundef \
	-D_GNU_SOURCE -DSVSM_VERSION='"$(or $(VERSION),0.1.0)"' \
	-I$(srctree)/include -I$(srctree)/arch -I$(srctree) -MMD -MP $(PREFIX_MAP)
attest-sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

attest-obj := $(BUILD)/tools/attest
attest-verify-srcs := $(addprefix tools/attest/,report-verify.c report_check.c report_read.c) \
	$(addprefix tools/igvm/,host.c igvm_read.c igvm_measure.c sha384-openssl.c)

attest-objs = $(patsubst %.c,$(attest-obj)/$(1)/%.o,$(2))

.PHONY: tools-attest check-attest
tools-attest: $(BUILD)/report-verify

$(attest-obj)/plain/%.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(Q)$(ATTEST_CC) $(attest-cflags) $(ATTEST_CFLAGS) -c -o $@ $<

$(attest-obj)/san/%.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(Q)$(ATTEST_CC) $(attest-cflags) $(attest-sanitize) -c -o $@ $<

$(BUILD)/report-verify: $(call attest-objs,plain,$(attest-verify-srcs))
	$(Q)$(ATTEST_CC) $(ATTEST_CFLAGS) -o $@ $^ -lcrypto

# The tests run the program too, instrumented.
$(attest-obj)/san/report-verify: $(call attest-objs,san,$(attest-verify-srcs))
	$(Q)$(ATTEST_CC) $(attest-sanitize) -o $@ $^ -lcrypto

# OpenSSL's old interface takes keys as numbers, which is what these tests have.
$(attest-obj)/san/selftests/unit/%.o: attest-cflags += -DOPENSSL_SUPPRESS_DEPRECATED \
	-DREPORT_VERIFY='"$(abspath $(attest-obj))/san/report-verify"'

# What each test is linked with, besides itself.
ATTEST_SRCS_gcm := arch/snp/gcm.c
ATTEST_SRCS_p384 := machine/p384.c machine/sha384.c
ATTEST_SRCS_psp := arch/snp/gcm.c machine/snp/psp_report.c machine/p384.c machine/sha384.c \
	tools/attest/report_check.c tools/attest/report_read.c
ATTEST_SRCS_greq := $(ATTEST_SRCS_psp) arch/snp/greq_message.c machine/snp/psp.c \
	selftests/unit/greq_peer.c
ATTEST_SRCS_report := machine/p384.c machine/sha384.c tools/attest/report_check.c \
	tools/attest/report_read.c

ATTEST_TESTS := gcm p384 psp greq report
ATTEST_TEST := $(addprefix $(BUILD)/selftests/unit/test_,$(ATTEST_TESTS))

$(foreach t,$(ATTEST_TESTS),$(eval $(BUILD)/selftests/unit/test_$(t): \
	$(call attest-objs,san,selftests/unit/test_$(t).c $(ATTEST_SRCS_$(t)))))
$(BUILD)/selftests/unit/test_report: | $(attest-obj)/san/report-verify

$(ATTEST_TEST):
	@mkdir -p $(@D)
	$(Q)$(ATTEST_CC) $(attest-sanitize) -o $@ $(filter %.o,$^) -lcmocka -lcrypto

check-attest: $(ATTEST_TEST) $(attest-obj)/san/report-verify
	$(Q)set -e; for test in $(ATTEST_TEST); do echo "== $${test##*/}"; timeout 120 $$test; done

-include $(shell find $(attest-obj) -name '*.d' 2>/dev/null)
