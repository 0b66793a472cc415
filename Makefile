# Tutti. Everything a fresh Debian needs:   make demo   |   make check
#
#   make            build/tutti, the program
#   make demo       set-up, build, open the desk on generated data
#   make check      set-up, build, all tests (FLAVOUR=asan or tsan: sanitized)
#   make bench      measured figures; bench-torch: beside PyTorch; bench-ops: per op;
#                   bench-desk: what the screen costs; bench-weighting: each method
#   make fuzz       files from elsewhere, SECONDS=60 long (clang)
#   make targets    builds and tries every target there is, shortly (CI does)
#   make adding     what it costs to add a command, a task kind, a trunk: counted
#   make man        splice keys, commands and plan fields into the man pages
#   make install PREFIX=/usr/local DESTDIR=    make uninstall    make clean

FLAVOUR ?= release
BUILD   ?= build
PREFIX  ?= /usr/local
V       ?= 0
O        = $(BUILD)/$(FLAVOUR)
PROGRAM  = $(if $(filter release,$(FLAVOUR)),$(BUILD)/tutti,$(O)/tutti)

APT_PACKAGES = gcc make pkg-config libncurses-dev libreadline-dev libopenblas-dev \
  libcjson-dev libsqlite3-dev libutf8proc-dev libpcre2-dev libcsv-dev \
  libarchive-dev libxxhash-dev libblas3 libcmocka-dev libvterm-dev mandoc tmux \
  xz-utils zstd bzip2
PKGS   = ncursesw readline openblas libcjson sqlite3 libutf8proc libpcre2-8 libxxhash libarchive
BLAS   = -lopenblas
PKG_C := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_L := $(shell pkg-config --libs $(filter-out openblas,$(PKGS)) 2>/dev/null)

WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 $(if $(WERROR),-Werror)
HARDEN   = -fstack-protector-strong -fPIE
CPPFLAGS += -D_GNU_SOURCE -iquote core -iquote tui -iquote tests -DTUTTI_VERSION='"$(VERSION)"' $(PKG_C)
OPT      = -O2 -g
LDFLAGS += -pie -Wl,-z,relro,-z,now
VERSION  = 0.1
LIBS     = $(PKG_L) $(BLAS) -lcsv -lpthread -lm

ifeq ($(FLAVOUR),release)
  CPPFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
ifeq ($(FLAVOUR),asan)
  HARDEN += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
  CPPFLAGS += -DTUTTI_ONE_TARGET -DTUTTI_SANITIZED
  LDFLAGS += -fsanitize=address,undefined
  OPT = -O1 -g
endif
ifeq ($(FLAVOUR),tsan)
  HARDEN += -fsanitize=thread
  CPPFLAGS += -DTUTTI_ONE_TARGET -DTUTTI_SANITIZED -DTUTTI_REFBLAS
  LDFLAGS += -fsanitize=thread
  OPT = -O1 -g
  # the reference BLAS: OpenBLAS is threaded by itself and not instrumented
  REFBLAS := /usr/lib/$(shell gcc -print-multiarch)/blas
  BLAS = -L$(REFBLAS) -Wl,-rpath,$(REFBLAS) -l:libblas.so.3
endif
# clang's fuzzer drives the core; objects apart, as all is compiled otherwise
ifeq ($(FLAVOUR),fuzz)
  CC = clang
  HARDEN += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
  CPPFLAGS += -DTUTTI_ONE_TARGET -DTUTTI_SANITIZED
  LDFLAGS += -fsanitize=fuzzer,address,undefined
  OPT = -O1 -g
endif
CFLAGS  ?= $(OPT)
ALL_C    = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS) -ffp-contract=off -MMD -MP

CORE  = $(wildcard core/*/*.c)
TUI   = $(filter-out tui/cmd/main.c,$(wildcard tui/*/*.c))
# what tests share; idle_calls.o stands in for the C library's poll, read and write, so
# that only those who look at a screen link it, by name
FIXTURE = $(patsubst %.c,$(O)/%.o,$(wildcard tests/fixture/*.c))
IDLE_CALLS = $(O)/tests/fixture/idle_calls.o
TESTS = $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/unit/*/test_*.c tests/screen/test_*.c))
# with ONLY="word word" those whose name has one of them, with EXCEPT those without
has   = $(strip $(foreach w,$(1),$(findstring $(w),$(notdir $(2)))))
UNIT  = $(foreach t,$(TESTS),$(if $(call has,$(EXCEPT),$(t)),,$(if $(if $(ONLY),$(call has,$(ONLY),$(t)),all),$(t))))
OBJ   = $(CORE:%.c=$(O)/%.o) $(TUI:%.c=$(O)/%.o) $(O)/tui/cmd/main.o
Q     = $(if $(filter 0,$(V)),@)
say   = $(if $(filter 0,$(V)),@printf '  %-5s %s\n' $(1) $(2))

all: $(PROGRAM)

$(PROGRAM): $(O)/tui/cmd/main.o $(O)/libtui.a $(O)/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS)
$(O)/libtutti.a: $(CORE:%.c=$(O)/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^
$(O)/libtui.a: $(TUI:%.c=$(O)/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^
$(O)/libfixture.a: $(filter-out $(IDLE_CALLS),$(FIXTURE))
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/core/tensor/%.o: ALL_C += -fno-trapping-math $(if $(filter release,$(FLAVOUR)),-O3,$(if $(filter asan,$(FLAVOUR)),-O2))
# one multiply-add in each of these, meant to be fused (which -O1 does not do):
# see gemm_tile.h
ifeq ($(shell uname -m),x86_64)
$(O)/core/tensor/noise_avx2.o: ALL_C += -mavx2
FUSED = $(patsubst %,$(O)/core/tensor/%.o,gemm_avx2 gemm_avx512 gemm_bf16_avx2 gemm_bf16_avx512)
$(FUSED): ALL_C += -O3 -ffp-contract=fast -mavx2 -mfma
  ifeq ($(filter asan tsan fuzz,$(FLAVOUR)),)
$(filter %avx512.o,$(FUSED)): ALL_C += -mavx512f
  endif
# where the compiler knows it
AMX = -O3 -mavx512f -mavx512bw -mavx512bf16 -mamx-tile -mamx-bf16
$(O)/core/tensor/gemm_bf16_amx.o: ALL_C += $(if $(shell $(CC) $(AMX) -fsyntax-only -x c /dev/null 2>&1),,$(AMX))
endif
$(O)/core/%.o $(O)/tui/%.o: WARN += -Wconversion
$(O)/core/tensor/%.o: WARN += -Wno-conversion
$(O)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_C) -c -o $@ $<

# tests link the three libraries; the linker takes what each one needs
$(filter $(O)/tests/screen/%,$(TESTS)) $(O)/tests/screen/shot $(O)/tests/bench/bench_desk: $(IDLE_CALLS)
$(O)/tests/%: $(O)/tests/%.o $(O)/libfixture.a $(O)/libtui.a $(O)/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS) -lcmocka -lvterm -lutil
$(O)/man/tables: $(O)/man/tables.o $(O)/libtui.a $(O)/libtutti.a
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS)
$(O)/datasets/generate: $(O)/datasets/generate.o $(O)/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS)

# --- set-up: apt when it may, else the line to type -------------------------
setup:
	@sh tests/setup.sh $(APT_PACKAGES)

# --- demo -------------------------------------------------------------------
DEMO_DATA = $(BUILD)/demo/topics.train.jsonl
$(DEMO_DATA): $(O)/datasets/generate
	$(Q)$(O)/datasets/generate $(BUILD)/demo
demo: setup
	@$(MAKE) --no-print-directory -j2 demo-run
demo-run: $(PROGRAM) $(DEMO_DATA)
	@if [ -t 0 ] && [ -t 1 ]; then exec $(PROGRAM) datasets/demo.json; \
	 else exec $(PROGRAM) train datasets/demo.json $(DEMO_ARGS); fi

# --- tests ------------------------------------------------------------------
check: setup
	@$(MAKE) --no-print-directory -j2 $(PROGRAM) tests-build
	@TUTTI=$(PROGRAM) TESTS="$(UNIT)" FLAVOUR=$(FLAVOUR) O=$(O) MAKE="$(MAKE)" sh tests/run.sh
targets: setup
	@MAKE="$(MAKE)" sh tests/targets.sh
adding: all $(DEMO_DATA)
	@MAKE="$(MAKE)" BUILD="$(BUILD)" sh tests/adding.sh
tests-build: $(UNIT) $(O)/man/tables $(DEMO_DATA)

man: $(O)/man/tables
	@sh man/splice.sh $(O)/man/tables man

# ROUNDS=1 SECONDS=1 for a quick look, ONLY="classify decode" for some cases; QUICK=1
# for the ops' and the desk's; WAYS="plain lazy" and PYTHON=venv/bin/python for PyTorch
PYTHON    ?= python3
BENCH      = $(O)/tests/bench/bench
BENCH_O    = $(patsubst %.c,$(O)/%.o,$(filter-out %/bench_ops.c %/bench_products.c %/bench_desk.c %/bench_weighting.c,$(wildcard tests/bench/*.c)))
BENCH_ARGS = $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
  $(foreach w,$(ONLY),--only $(w))
OPS_O      = $(O)/tests/bench/bench_ops.o $(O)/tests/bench/bench_products.o
$(BENCH): $(BENCH_O) $(O)/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS) -lutil
bench: all $(BENCH) $(DEMO_DATA)
	$(BENCH) --program $(PROGRAM) --json $(BUILD)/bench.json $(BENCH_ARGS)
$(O)/tests/bench/bench_ops: $(OPS_O) $(O)/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS)
bench-ops: $(O)/tests/bench/bench_ops
	$< $(if $(QUICK),--quick)
$(O)/tests/bench/bench_weighting: $(O)/tests/bench/bench_weighting.o $(O)/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS)
bench-weighting: $(O)/tests/bench/bench_weighting $(DEMO_DATA)
	$< $(or $(ROUNDS),9) $(or $(PLAN),datasets/demo.json)
bench-desk: all $(O)/tests/bench/bench_desk $(DEMO_DATA)
	$(O)/tests/bench/bench_desk $(if $(QUICK),--quick)
bench-torch: all $(BENCH) $(DEMO_DATA)
	$(PYTHON) tests/bench/torch_speed.py --bench $(BENCH) --program $(PROGRAM) \
	  --json $(BUILD)/bench-torch.json $(BENCH_ARGS) $(foreach w,$(WAYS),--way $(w))

# --- fuzzing ------------------------------------------------------------------
FUZZER = $(BUILD)/fuzz/fuzz_model_folder
$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/libtutti.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(HARDEN) -o $@ $^ $(LIBS)
# all but linking: clang may lack the fuzzer's library
fuzz-objects: $(BUILD)/fuzz/libtutti.a $(BUILD)/fuzz/libtui.a $(BUILD)/fuzz/tui/cmd/main.o
fuzz:
	@$(MAKE) --no-print-directory -j2 FLAVOUR=fuzz $(FUZZER)
	@FUZZER=$(FUZZER) BUILD=$(BUILD) SECONDS=$(or $(SECONDS),60) sh tests/fuzz/fuzz.sh

# --- the README's picture: python3-pil and fonts-dejavu-core paint it ---------
PICTURE_RUNS = $(BUILD)/picture
PICTURE     ?= man/desk.png
picture: all $(O)/tests/screen/shot $(DEMO_DATA)
	rm -rf $(PICTURE_RUNS) && mkdir -p $(PICTURE_RUNS)
	$(PROGRAM) train datasets/demo.json --runs $(PICTURE_RUNS) --run demo \
	  --set budget.eval_every=50 $(DEMO_ARGS) --script tests/screen/picture.script >/dev/null
	$(O)/tests/screen/shot 40 120 3 -- $(PROGRAM) demo --runs $(PICTURE_RUNS) \
	  | /usr/bin/python3 tests/screen/picture.py $(PICTURE)

# --- install ----------------------------------------------------------------
BASH_DIR = share/bash-completion/completions
ZSH_DIR = share/zsh/site-functions
MANS = tutti.1 tutti-plan.5 tutti-run.5
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -d $(DESTDIR)$(PREFIX)/$(BASH_DIR) $(DESTDIR)$(PREFIX)/$(ZSH_DIR)
	install -m 755 $(BUILD)/tutti $(DESTDIR)$(PREFIX)/bin/tutti
	$(BUILD)/tutti completion bash >$(DESTDIR)$(PREFIX)/$(BASH_DIR)/tutti
	$(BUILD)/tutti completion zsh >$(DESTDIR)$(PREFIX)/$(ZSH_DIR)/_tutti
	chmod 644 $(DESTDIR)$(PREFIX)/$(BASH_DIR)/tutti $(DESTDIR)$(PREFIX)/$(ZSH_DIR)/_tutti
	for m in $(MANS); do install -m 644 man/$$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$m; done
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/tutti
	rm -f $(DESTDIR)$(PREFIX)/$(BASH_DIR)/tutti $(DESTDIR)$(PREFIX)/$(ZSH_DIR)/_tutti
	for m in $(MANS); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$m; done
clean:
	rm -rf $(BUILD)

-include $(OBJ:.o=.d) $(UNIT:=.d) $(O)/man/tables.d $(O)/datasets/generate.d $(BENCH_O:.o=.d) $(OPS_O:.o=.d) $(FIXTURE:.o=.d)
.SECONDARY:
.PHONY: all setup demo demo-run check targets adding tests-build man bench bench-ops bench-desk bench-weighting bench-torch fuzz fuzz-objects picture install uninstall clean
