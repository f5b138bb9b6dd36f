package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"
)

const (
	manifestFile = "manifest.json"
	envelopeFile = "manifest.dsse.json"
	payloadType  = "application/vnd.in-toto+json"
)

// Judges a bundle of evidence: the envelope by secure-systems-lab's DSSE, the digests by nothing but the standard
// library. Changed: contents that stand in for those on disk.
func judgeBundle(vkey, dir string, changed map[string][]byte) error {
	files, err := filesIn(dir)
	if err != nil {
		return err
	}
	for name, content := range changed {
		files[name] = content
	}
	payload, err := opened(vkey, files[envelopeFile])
	if err != nil {
		return fmt.Errorf("envelope: %w", err)
	}
	var statement struct {
		Subject []struct {
			Name   string
			Digest map[string]string
		}
	}
	if err := json.Unmarshal(payload, &statement); err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	if len(statement.Subject) != 1 || statement.Subject[0].Name != manifestFile {
		return errors.New("statement: it is not about the manifest")
	}
	if digestOf(files[manifestFile]) != statement.Subject[0].Digest["sha256"] {
		return errors.New("manifest: it is not the one that was signed")
	}
	var manifest struct {
		Files []struct{ Path, Sha256 string }
	}
	if err := json.Unmarshal(files[manifestFile], &manifest); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	delete(files, envelopeFile)
	delete(files, manifestFile)
	for _, listed := range manifest.Files {
		content, there := files[listed.Path]
		if !there || digestOf(content) != listed.Sha256 {
			return fmt.Errorf("%s: missing or changed", listed.Path)
		}
		delete(files, listed.Path)
	}
	if len(files) > 0 {
		return fmt.Errorf("%d files that the manifest does not list", len(files))
	}
	return nil
}

// opened gives the payload of an envelope that the key has signed. A vkey is name+id+base64(type, then SPKI).
func opened(vkey string, envelope []byte) ([]byte, error) {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("the key is not name+id+key")
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) < 2 {
		return nil, fmt.Errorf("the key is not in base64: %w", err)
	}
	spki := pem.EncodeToMemory(&pem.Block{Type: signerverifier.PublicKeyPEM, Bytes: typed[1:]})
	key, err := signerverifier.LoadKey(spki)
	if err != nil {
		return nil, err
	}
	key.KeyID = parts[0] + "+" + parts[1]
	signer, err := signerverifier.NewECDSASignerVerifierFromSSLibKey(key)
	if err != nil {
		return nil, err
	}
	verifier, err := dsse.NewEnvelopeVerifier(signer)
	if err != nil {
		return nil, err
	}
	var read dsse.Envelope
	if err := json.Unmarshal(envelope, &read); err != nil {
		return nil, err
	}
	if read.PayloadType != payloadType {
		return nil, fmt.Errorf("a payload of type %q", read.PayloadType)
	}
	_, payload, err := verifier.VerifyAndDecode(context.Background(), &read)
	return payload, err
}

func digestOf(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

func filesIn(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, fault error) error {
		if fault != nil || entry.IsDir() {
			return fault
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return files, err
}
