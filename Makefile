# Hallpass. `make help` lists what can be done; a fresh machine needs Go, make and git.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Packages that test, bench, cover and fuzz-smoke work on, and further arguments.
PKG ?= ./...
ARGS ?=

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
BIN := bin/hallpass

# Pinned, and built once by the Go toolchain that is there anyway.
GOLANGCI_VERSION := v2.15.0
GOLANGCI := .tools/golangci-lint-$(GOLANGCI_VERSION)
WITHPG := go run ./store/storetest/pgtest/cmd/withpg

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  PKG=./store/... narrows test, bench, cover and fuzz-smoke; ARGS="-run Name" is passed on.'
	@echo '  RACE=0 leaves the race detector out of test; FUZZTIME=30s lengthens fuzz-smoke.'

.PHONY: build
build: ## Build bin/hallpass, static, with its version stamped in.
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/hallpass

.PHONY: demo
demo: build ## Start bot, local Slack workspace and sandbox in one process; prints one URL.
	$(BIN) demo $(ARGS)

.PHONY: story
story: build ## Play the demo's story without a browser, on SQLite and on PostgreSQL.
	$(BIN) demo --story $(ARGS)
	@.ci/deps postgres
	$(WITHPG) -- sh -c '$(BIN) demo --story --database "$$DATABASE_URL" $(ARGS)'

.PHONY: test
test: ## Run all tests with the race detector; finds or installs PostgreSQL, Chromium and Node.js.
	@.ci/test $(ARGS) $(PKG)

.PHONY: cover
cover: ## Write coverage.out and show the total.
	@.ci/test -coverprofile=coverage.out -coverpkg=./... $(ARGS) $(PKG)
	@go tool cover -func=coverage.out | tail -n 1

.PHONY: cover-core
cover-core: ## Fail unless every statement of the code that decides is covered.
	@.ci/cover-core

.PHONY: bench
bench: ## Run all benchmarks, with a durable PostgreSQL beside them.
	@.ci/deps postgres
	$(WITHPG) -durable -- go test -run '^$$' -bench . -benchmem $(ARGS) $(PKG)

.PHONY: torture
torture: ## Kill ten thousand processes, live as many fates in virtual time, take systems and Slack away; hours.
	@.ci/deps postgres
	HALLPASS_SEEDS=$(or $(SEEDS),10000) HALLPASS_BURST=10000 go test -run 'TestWhateverHappens|TestManyThatEndAtOnce' -count=1 -timeout 60m -v ./approvals/lifecycle
	HALLPASS_REQUIRE_POSTGRES=1 HALLPASS_TORTURE_SEED=1 HALLPASS_TORTURE_SEEDS=$(or $(KILLED),10000) HALLPASS_TORTURE_ROUNDS=50 go test -run Killed -count=1 -timeout 240m -parallel $(or $(WORLDS),24) -v ./cmd/hallpass/internal/torture
	HALLPASS_REQUIRE_POSTGRES=1 HALLPASS_OUTAGE=$(or $(OUTAGE),17m) go test -run 'Outage|WithoutTheDatabase' -count=1 -timeout 60m -v ./cmd/hallpass/internal/torture
	HALLPASS_REQUIRE_POSTGRES=1 HALLPASS_KILL_STORY=1 go test -run TestStoryEndsTheSame -count=1 -timeout 30m -v ./cmd/hallpass/internal/demo
	HALLPASS_BACKLOG=10000 go test -run TestAnHourWithoutSlackIsCaughtUp -count=1 -timeout 30m -v ./bot

.PHONY: tamper
tamper: ## Meddle with audit logs a thousand times and more: both verifiers must find it and name it.
	@.ci/deps postgres python
	HALLPASS_REQUIRE_POSTGRES=1 HALLPASS_REQUIRE_PYTHON=1 HALLPASS_TAMPER_TRIALS=1000 go test -count=1 -timeout 30m -run Tampering ./store ./store/auditlog

.PHONY: evidence-year
evidence-year: build ## Live through a year of 50,000 requests (half an hour) and write its evidence to dist/evidence; what is wrong in it must be found.
	rm -rf dist/evidence && mkdir -p dist
	HALLPASS_YEAR_REQUESTS=50000 HALLPASS_YEAR_OUT=$(CURDIR)/dist/evidence go test ./cmd/hallpass/internal/demo -run AYearOfRequests -count=1 -timeout 180m -v $(ARGS)
	du -sh dist/evidence
	time $(BIN) audit verify dist/evidence --key dist/evidence.pub
	time python3 docs/verify.py --key dist/evidence.pub dist/evidence

.PHONY: bench-replay
bench-replay: ## Store a million decisions (minutes, 6 GB of disk) and decide them again by a changed policy.
	HALLPASS_REPLAY_DECISIONS=1000000 go test ./cmd/hallpass -run '^$$' -bench '^BenchmarkReplay$$' -benchtime 3x -timeout 60m $(ARGS)

.PHONY: bench-suggest
bench-suggest: ## Store a million decisions and grants (minutes, 8 GB of disk) and ask what they speak for.
	HALLPASS_REPLAY_DECISIONS=1000000 go test ./cmd/hallpass -run '^$$' -bench '^BenchmarkSuggest$$' -benchtime 1x -timeout 60m $(ARGS)

.PHONY: prompt-eval
prompt-eval: ## Judge recorded model answers, and a real model where one is configured.
	@go run ./prompts/eval

.PHONY: image
image: ## Build the container image with podman or Docker, run it on a read-only root, and use it.
	@.ci/image $(ARGS)

.PHONY: arm64
arm64: ## Under qemu's emulation of arm64: the tests of what has to come out alike everywhere, and the story.
	GOARCH=arm64 CGO_ENABLED=0 go test -exec qemu-aarch64-static $(ARGS) ./approvals ./approvals/policy ./scoring ./store/auditlog
	GOARCH=arm64 CGO_ENABLED=0 go run -exec qemu-aarch64-static ./cmd/hallpass demo --story

.PHONY: fuzz-smoke
fuzz-smoke: ## Run every fuzz target for a few seconds.
	@.ci/fuzz $(PKG)

.PHONY: lint
lint: $(GOLANGCI) ## Check formatting, go vet and the linters of .golangci.yml.
	@unformatted=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "lint: not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(GOLANGCI) run ./...

$(GOLANGCI):
	@mkdir -p .tools
	GOFLAGS= GOBIN=$(CURDIR)/.tools/build go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv .tools/build/golangci-lint $@ && rmdir .tools/build

.PHONY: clean
clean: ## Remove what was built here; the module cache stays.
	rm -rf bin dist .tools coverage.out
