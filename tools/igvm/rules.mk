# SPDX-License-Identifier: MIT
# IGVM tools. Needs $(BUILD) and $(srctree); $(CC), $(HOSTCC) and $(VERSION) are optional.
# Freestanding sources for loaders: igvm_read.c (alone) and igvm_measure.c (needs sha384*()).

IGVM_CC ?= $(or $(HOSTCC),$(CC),cc)
IGVM_CFLAGS ?= -O2 -g
igvm-cflags := -std=gnu11 -Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wundef \
	-D_GNU_SOURCE -DSVSM_VERSION='"$(or $(VERSION),0.1.0)"' \
	-I$(srctree)/include -I$(srctree)/tools/igvm $(PREFIX_MAP)

IGVM_TEST := $(BUILD)/selftests/unit/test_igvm

igvm-obj := $(BUILD)/tools/igvm
igvm-headers := $(wildcard $(srctree)/tools/igvm/*.h) $(srctree)/include/svsm/payload.h
igvm-build-objs := igvm-build.o build-image.o build-elf.o build-linux.o build-vmsa.o \
	build-write.o host.o igvm_read.o
igvm-show-objs := igvm-show.o host.o igvm_read.o
igvm-measure-objs := igvm-measure.o host.o igvm_read.o igvm_measure.o sha384-openssl.o
igvm-test-objs := test_igvm.o igvm_read.o igvm_measure.o sha384-openssl.o build-vmsa.o host.o \
	machine-sha384.o
igvm-sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: tools-igvm check-igvm
tools-igvm: $(BUILD)/igvm-build $(BUILD)/igvm-show $(BUILD)/igvm-measure

$(igvm-obj)/%.o: $(srctree)/tools/igvm/%.c $(igvm-headers)
	$(Q)mkdir -p $(@D)
	$(Q)$(IGVM_CC) $(igvm-cflags) $(IGVM_CFLAGS) -c -o $@ $<

$(BUILD)/igvm-build: $(addprefix $(igvm-obj)/,$(igvm-build-objs))
	$(Q)$(IGVM_CC) $(IGVM_CFLAGS) -o $@ $^

$(BUILD)/igvm-show: $(addprefix $(igvm-obj)/,$(igvm-show-objs))
	$(Q)$(IGVM_CC) $(IGVM_CFLAGS) -o $@ $^

$(BUILD)/igvm-measure: $(addprefix $(igvm-obj)/,$(igvm-measure-objs))
	$(Q)$(IGVM_CC) $(IGVM_CFLAGS) -o $@ $^ -lcrypto

# The unit test runs the programs too, all of them instrumented.
$(igvm-obj)/san/%.o: $(srctree)/tools/igvm/%.c $(igvm-headers)
	$(Q)mkdir -p $(@D)
	$(Q)$(IGVM_CC) $(igvm-cflags) $(igvm-sanitize) -c -o $@ $<

$(igvm-obj)/san/test_igvm.o: $(srctree)/selftests/unit/test_igvm.c $(igvm-headers)
	$(Q)mkdir -p $(@D)
	$(Q)$(IGVM_CC) $(igvm-cflags) $(igvm-sanitize) \
		-DIGVM_TOOLS_DIR='"$(abspath $(igvm-obj))/san"' -c -o $@ $<

$(igvm-obj)/san/igvm-build: $(addprefix $(igvm-obj)/san/,$(igvm-build-objs))
	$(Q)$(IGVM_CC) $(igvm-sanitize) -o $@ $^

$(igvm-obj)/san/igvm-show: $(addprefix $(igvm-obj)/san/,$(igvm-show-objs))
	$(Q)$(IGVM_CC) $(igvm-sanitize) -o $@ $^

$(igvm-obj)/san/igvm-measure: $(addprefix $(igvm-obj)/san/,$(igvm-measure-objs))
	$(Q)$(IGVM_CC) $(igvm-sanitize) -o $@ $^ -lcrypto

# The machine's SHA-384 beside that of libcrypto, for the test of both.
$(igvm-obj)/san/machine-sha384.o: $(srctree)/machine/sha384.c $(igvm-headers)
	$(Q)mkdir -p $(@D)
	$(Q)$(IGVM_CC) $(igvm-cflags) $(igvm-sanitize) -ffreestanding \
		$(foreach f,sha384 sha384_start sha384_blocks sha384_finish,-D$(f)=machine_$(f)) \
		-c -o $@ $<

$(IGVM_TEST): $(addprefix $(igvm-obj)/san/,$(igvm-test-objs)) \
		$(addprefix $(igvm-obj)/san/,igvm-build igvm-show igvm-measure)
	$(Q)mkdir -p $(@D)
	$(Q)$(IGVM_CC) $(igvm-sanitize) -o $@ $(filter %.o,$^) -lcmocka -lcrypto

# The programs leave their memory to exit().
check-igvm: $(IGVM_TEST)
	$(Q)ASAN_OPTIONS=detect_leaks=0 timeout 300 $(IGVM_TEST)
