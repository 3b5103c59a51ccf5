# Everything that CI and people run, by name. `make help` lists the targets.
BUF_VERSION       := 1.75.0
GOLANGCI_VERSION  := v2.15.0
BIN               := $(CURDIR)/bin

.PHONY: help build test race lint fmt generate proto elf vectors-json fuzz sim demo clean bench bench-state-rivals

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

build: ## build ./bin/athena
	go build -trimpath -o $(BIN)/athena ./cmd/athena

test: ## all tests, as in the README
	go test ./...

race: ## the packages with goroutines under the race detector
	go test -race ./host ./relay/... ./executor/... ./rollup/l1/sim/... ./internal/kv/... ./internal/service/...

bench: ## the machine's speed, beside native programs and qemu (see BENCHMARKS.md)
	go run ./cmd/athena bench vm

RIVALS ?= --keys 100000
bench-state-rivals: ## the state tree beside those of other projects, in one run (fetches them)
	go -C internal/statebench/rivals run . $(RIVALS)

demo: ## the whole rollup in one process
	go run ./cmd/athena demo

fmt: ## format all Go code
	gofmt -w $$(git ls-files '*.go')

lint: ## golangci-lint with .golangci.yml, and buf
	golangci-lint run
	buf lint

proto: ## regenerate api/ from the .proto files (needs buf)
	buf lint
	buf generate

elf: ## rebuild the contracts under fixtures/elf (needs Rust, see fixtures/contracts/build.sh)
	bash fixtures/contracts/build.sh

vectors-json: ## the instruction vectors as JSON, in ./bin/isa.json
	mkdir -p $(BIN)
	go test ./interpreter -run '^TestVectorsExport$$' -count=1 -args -export $(BIN)/isa.json

FUZZTIME ?= 60s
fuzz: ## every fuzz target for FUZZTIME each (long: not in CI)
	@set -e; for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$pkg; \
	  done; \
	done

SEED      ?= 1
HISTORIES ?= 1000
sim: ## random histories of a whole network against an oracle (long: CI plays 100)
	go run ./cmd/athena sim --seed $(SEED) --histories $(HISTORIES)

clean: ## remove what was built
	rm -rf $(BIN)
