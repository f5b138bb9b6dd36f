// Judges what Tokenward signs by libraries that know nothing of it: transparency-dev's formats and merkle for checkpoints
// and proofs, secure-systems-lab's DSSE for evidence.
//
// Reads claims from stdin, as JSON, such as `tokenward audit prove` prints, or {"vkey", "bundle": folder} about a bundle
// of `tokenward evidence`, and writes a verdict a line: "accepted", or "refused: " and why.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// A claim: Leaf stands at Index of the log that Note vouches for, and that log continues the one of Old; or, where a
// Bundle is named, that this folder is whole.
type claim struct {
	Vkey, Origin           string
	Note, Old, Leaf        []byte // base64 in JSON: a changed byte need not be text
	Index                  uint64
	Inclusion, Consistency [][]byte
	Bundle                 string
	Changed                map[string][]byte
}

func judge(c claim) error {
	if c.Bundle != "" {
		return judgeBundle(c.Vkey, c.Bundle, c.Changed)
	}
	return judgeLog(c)
}

func judgeLog(c claim) error {
	verifier, err := note.NewVerifier(c.Vkey)
	if err != nil {
		return fmt.Errorf("verifier key: %w", err)
	}
	current, rest, _, err := log.ParseCheckpoint(c.Note, c.Origin, verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("checkpoint: %d bytes of extension", len(rest))
	}
	hasher := rfc6962.DefaultHasher
	leaf := hasher.HashLeaf(c.Leaf)
	if err := proof.VerifyInclusion(hasher, c.Index, current.Size, leaf, c.Inclusion, current.Hash); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	old, _, _, err := log.ParseCheckpoint(c.Old, c.Origin, verifier)
	if err != nil {
		return fmt.Errorf("old checkpoint: %w", err)
	}
	if err := proof.VerifyConsistency(hasher, old.Size, current.Size, c.Consistency, old.Hash, current.Hash); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

func main() {
	claims := json.NewDecoder(os.Stdin)
	for {
		var c claim
		if err := claims.Decode(&c); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if err := judge(c); err != nil {
			fmt.Printf("refused: %q\n", err.Error())
		} else {
			fmt.Println("accepted")
		}
	}
}
