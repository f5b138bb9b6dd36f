module tokenward/test/verifier

go 1.25.0

require (
	github.com/secure-systems-lab/go-securesystemslib v0.11.1
	github.com/transparency-dev/formats v0.1.1
	github.com/transparency-dev/merkle v0.0.2
)

require (
	filippo.io/mldsa v0.0.0-20260215214346-43d0283efc3e // indirect
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/mod v0.36.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
