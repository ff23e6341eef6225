# make            build                  make install   into the server of PG_CONFIG
# make test       all tests              make demo      the main job on real input, explained
# make bench      ratios of design       make unit      cmocka only, under ASan and UBSan
# make fuzz       the parsers, for long  make format     clang-format      make format-check
# make soak       kills, for minutes      make test-examples   docs/examples, in a browser
# test, test-examples, demo and bench install missing packages first and write nothing here or into the server.

EXTENSION   = billing billing_router
MODULE_big  = billing
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" billing.control)
HEADER_FILES := $(wildcard src/*.h src/*/*.h)
SCHEMA_FILES := $(sort $(wildcard src/schema/*.sql))
SQL_FILES   := $(sort $(wildcard src/sql/*.sql))
CHECK_FILES := $(sort $(wildcard src/verify/*.sql))
QUERIES     := $(patsubst %.sql,%.inc,$(sort $(wildcard src/query/*.sql)))
OBJS        := $(patsubst %.c,%.o,$(sort $(filter-out src/caller/% src/courier/% src/pdf/% src/program/%,$(wildcard src/*.c src/*/*.c))))
PROGRAM_OBJS = $(patsubst src/%.c,build/program/%.o,$(sort $(wildcard src/program/*.c $(1) src/gateway/*.c src/core/*.c) src/secrets.c))
CALLER_OBJS := $(call PROGRAM_OBJS,src/caller/*.c)
COURIER_OBJS := $(call PROGRAM_OBJS,src/courier/*.c src/message/*.c)
PDF_OBJS    := $(patsubst src/%.c,build/pdf/%.o,$(sort $(wildcard src/pdf/*.c)) src/program/confine.c)
PROGRAMS     = billing-caller billing-courier billing-pdf
PROGRAM_LIBS = -lcurl -ljansson -lcrypto -lz -pthread
PROGRAM_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Isrc -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
PDF_CFLAGS   = $(PROGRAM_CFLAGS) $(shell pkg-config --cflags pangocairo)
PDF_LIBS     = $(shell pkg-config --libs pangocairo) -ljansson
DATA_built   = billing--$(EXTVERSION).sql billing_router--$(EXTVERSION).sql
EXTRA_CLEAN  = build $(PROGRAMS) $(addprefix src/,schema_ddl.sql schema_ddl.inc verify_schema.sql verify_checks.sql verify_checks.inc verify_account_checks.sql verify_account_checks.inc) $(QUERIES)

PG_CPPFLAGS  = -I$(srcdir)/src -DBILLING_VERSION=\"$(EXTVERSION)\"
# The last three: declarations where they are used (C11); PG_FUNCTION_ARGS and hooks have arguments
# that nobody reads; PostgreSQL's structs are meant to be initialised in part.
PG_CFLAGS    = -std=gnu11 -Wall -Wextra -Wno-declaration-after-statement -Wno-unused-parameter -Wno-missing-field-initializers
SHLIB_LINK   = -lcrypto -ljansson -lz
# No bitcode, and so no clang, unless asked for: make with_llvm=yes
override with_llvm := $(or $(with_llvm),no)

REGRESS_ALL := $(basename $(notdir $(sort $(wildcard sql/*.sql))))
REGRESS     := $(filter install,$(REGRESS_ALL)) $(filter-out install,$(REGRESS_ALL))
ISOLATION_ALL := $(basename $(notdir $(sort $(wildcard test/isolation/specs/*.spec))))
ISOLATION   := $(filter prepare,$(ISOLATION_ALL)) $(filter-out prepare,$(ISOLATION_ALL))
ISOLATION_OPTS = --inputdir=test/isolation

PG_CONFIG ?= $(firstword $(wildcard /usr/lib/postgresql/15/bin/pg_config) pg_config)
PGXS      := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
PG_SERVER_HEADER := $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: test demo bench soak test-examples unit unit-programs fuzz fuzz-programs format format-check

# pg_config may be there without pgxs.mk, and pgxs.mk without the headers: both come in packages of their own.
ifneq ($(and $(wildcard $(PGXS)),$(wildcard $(PG_SERVER_HEADER))),)
include $(PGXS)

# The programs that call gateways and deliver messages, beside the library: they have the keys and the network, and no
# server.
all: $(PROGRAMS)
billing-caller: $(CALLER_OBJS)
	$(CC) $(PROGRAM_CFLAGS) $(LDFLAGS) -o $@ $(CALLER_OBJS) $(PROGRAM_LIBS)
billing-courier: $(COURIER_OBJS)
	$(CC) $(PROGRAM_CFLAGS) $(LDFLAGS) -o $@ $(COURIER_OBJS) $(PROGRAM_LIBS)
build/program/%.o: src/%.c $(HEADER_FILES)
	@mkdir -p $(@D)
	$(CC) $(PROGRAM_CFLAGS) -c -o $@ $<
# This one draws documents: what a font may do to it, it does to nothing else.
billing-pdf: $(PDF_OBJS)
	$(CC) $(PDF_CFLAGS) $(LDFLAGS) -o $@ $(PDF_OBJS) $(PDF_LIBS)
build/pdf/%.o: src/%.c $(HEADER_FILES)
	@mkdir -p $(@D)
	$(CC) $(PDF_CFLAGS) -c -o $@ $<
install: install-programs
install-programs: $(PROGRAMS)
	$(MKDIR_P) '$(DESTDIR)$(pkglibdir)'
	$(INSTALL_PROGRAM) $(PROGRAMS) '$(DESTDIR)$(pkglibdir)'
uninstall: uninstall-programs
uninstall-programs:
	rm -f $(addprefix '$(DESTDIR)$(pkglibdir)'/,$(PROGRAMS))
.PHONY: install-programs uninstall-programs
else
all install installcheck:
	@test -z '$(DEPS_DONE)' || { echo 'PG_CONFIG=$(PG_CONFIG) has no pgxs.mk or no server headers' >&2; exit 1; }
	@bash test/lib/deps.sh
	@$(MAKE) --no-print-directory $@ DEPS_DONE=1
clean:
	rm -rf $(OBJS) billing.so $(DATA_built) $(EXTRA_CLEAN)
endif

billing--$(EXTVERSION).sql: $(SQL_FILES) billing.control
	cat /dev/null $(SQL_FILES) > $@
billing_router--$(EXTVERSION).sql: src/router/route.pl src/router/routes src/router/router.sql billing--$(EXTVERSION).sql
	perl $^ > $@

# SQL as C: every line a string literal. What stands between "-- begin NAME" and "-- end" becomes an element of an
# array, {"NAME", "..." "..."}, or without a NAME {"..." "..."}.
%.inc: %.sql
	sed -e 's/^-- begin$$/{/' -e t -e 's/^-- begin \(.*\)/{"\1",/' -e t -e 's/^-- end$$/},/' -e t \
	  -e 's/[\\"?]/\\&/g' -e 's/.*/    "&\\n"/' $< > $@

src/schema_ddl.sql: $(SCHEMA_FILES)
	for file in $(SCHEMA_FILES); do echo "-- begin $${file##*/}"; cat "$$file"; echo '-- end'; done > $@
src/verify_schema.sql: src/verify/schema.awk $(SCHEMA_FILES)
	awk -f src/verify/schema.awk $(SCHEMA_FILES) > $@
src/verify_checks.sql: src/verify/join.awk src/verify_schema.sql $(CHECK_FILES)
	awk -f src/verify/join.awk src/verify_schema.sql $(CHECK_FILES) > $@
src/verify_account_checks.sql: src/verify/join.awk $(SCHEMA_FILES) $(CHECK_FILES)
	awk -v of=account -f src/verify/join.awk $(SCHEMA_FILES) $(CHECK_FILES) > $@

src/store/schema_store.o: src/schema_ddl.inc
src/store/verify_store.o: src/verify_checks.inc src/verify_account_checks.inc
src/store/report_store.o src/store/partition_store.o src/store/page_store.o src/store/usage_report_store.o src/store/document_store.o src/store/account_statement_store.o src/store/verify_store.o: $(QUERIES)
$(OBJS): $(HEADER_FILES)

# The pure parts link into the unit tests as they link into the server (a test that main() leaves out is an error); of billing-caller what writes, and of billing-pdf what reads.
UNIT_CFLAGS   = -std=c11 -g -O1 -Wall -Wextra -Werror=unused-function -Isrc -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_OBJS    := $(patsubst src/%.c,build/%.o,$(sort $(wildcard src/core/*.c src/gateway/*.c src/message/*.c)) src/secrets.c src/caller/key_file.c src/caller/token_file.c src/pdf/paper.c)
UNIT_PROGRAMS := $(patsubst test/unit/%.c,build/unit/%,$(sort $(wildcard test/unit/test_*.c)))

build/%.o: src/%.c $(HEADER_FILES)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<
build/secrets.o build/caller/key_file.o build/caller/token_file.o: UNIT_CFLAGS += -std=gnu11
build/unit/%: test/unit/%.c $(UNIT_OBJS) $(HEADER_FILES) $(wildcard test/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_OBJS) -lcmocka -lcrypto -ljansson -lz
unit-programs: $(UNIT_PROGRAMS)
unit: unit-programs
	@for program in $(UNIT_PROGRAMS); do echo "$$program"; "$$program" || exit 1; done

# What reads bytes from outside, under mutations of good and bad seeds: test/fuzz/README.md.
FUZZ_CFLAGS   = $(UNIT_CFLAGS) -std=gnu11 -Itest/fuzz
FUZZ_NAMES   := $(patsubst test/fuzz/fuzz_%.c,%,$(sort $(wildcard test/fuzz/fuzz_*.c)))
FUZZ_SHARED   = test/fuzz/fuzz.c test/fuzz/bill_rows.c test/fuzz/waffo_message.c test/fuzz/wechat_message.c
FUZZ_PROGRAMS := $(addprefix build/fuzz/,$(FUZZ_NAMES))
FUZZ_RUNS    ?= 300000
FUZZ_SECONDS ?= 180

build/fuzz/%: test/fuzz/fuzz_%.c $(FUZZ_SHARED) test/fuzz/driver.c $(UNIT_OBJS) $(HEADER_FILES) $(wildcard test/fuzz/*.h)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_SHARED) test/fuzz/driver.c $(UNIT_OBJS) -lcrypto -ljansson -lz
build/libfuzzer/%: test/fuzz/fuzz_%.c $(FUZZ_SHARED) $(wildcard src/core/*.c src/gateway/*.c src/message/*.c) src/pdf/paper.c $(HEADER_FILES) $(wildcard test/fuzz/*.h)
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $< $(FUZZ_SHARED) $(filter src/%.c,$^) -lcrypto -ljansson -lz
fuzz-programs: $(FUZZ_PROGRAMS)
ifneq ($(shell command -v clang 2>/dev/null),)
fuzz: $(addprefix build/libfuzzer/,$(FUZZ_NAMES))
	@for name in $(FUZZ_NAMES); do mkdir -p build/corpus/$$name; build/libfuzzer/$$name -max_total_time=$(FUZZ_SECONDS) -max_len=8192 \
	  -timeout=2 -artifact_prefix=build/libfuzzer/ build/corpus/$$name test/fuzz/seeds/$$name || exit 1; done
else
fuzz: fuzz-programs
	@for program in $(FUZZ_PROGRAMS); do "$$program" $(FUZZ_RUNS) "test/fuzz/seeds/$$(basename "$$program")" || exit 1; done
endif
# Else make removes them as files between, and builds them twice.
.SECONDARY: $(UNIT_OBJS)

test demo bench:
	@bash test/$(if $(filter test,$@),,$@/)run.sh
soak:
	@TESTS=soak bash test/run.sh
test-examples:
	@TESTS=examples bash test/run.sh

FORMAT_FILES = $(wildcard src/*.[ch] src/*/*.[ch] test/*/*.[ch])
format:
	clang-format -i $(FORMAT_FILES)
format-check:
	clang-format --dry-run -Werror $(FORMAT_FILES)
