package auditlog

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// NewKey makes an Ed25519 key pair for a log of that name. The signer's text is
// a secret; the verifier's is for everybody.
func NewKey(name string) (signer, verifier string, err error) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '+' || r > '~' }) {
		return "", "", fmt.Errorf("make a key: the name %q is empty, or holds a space, a plus or something beyond ASCII; write it like audit.example.com/hallpass", name)
	}
	return note.GenerateKey(rand.Reader, name)
}

// Signer reads a signer's text. The error never shows it.
func Signer(text string) (note.Signer, error) {
	s, err := note.NewSigner(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("read a signing key: %w", err)
	}
	return s, nil
}

// VerifierOf is the public half of a signer's text.
func VerifierOf(signer string) (string, error) {
	s, err := Signer(signer)
	if err != nil {
		return "", err
	}
	// PRIVATE+KEY+name+hash+base64(algorithm, seed): NewSigner has checked it.
	parts := strings.SplitN(strings.TrimSpace(signer), "+", 5)
	key, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(key) != 1+ed25519.SeedSize {
		return "", errors.New("read a signing key: it is no Ed25519 key")
	}
	public, _ := ed25519.NewKeyFromSeed(key[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(s.Name(), public)
}

// Verifiers reads public keys, one a line; empty lines and those that begin
// with # are skipped. It fails where there is none.
func Verifiers(text string) (note.Verifiers, error) {
	var list []note.Verifier
	seen := make(map[string]bool)
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || seen[line] {
			continue
		}
		seen[line] = true
		if strings.HasPrefix(line, "PRIVATE+KEY+") {
			return nil, errors.New("read public keys: this is a signing key, which must stay secret; give its public half")
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("read public keys: %q: %w", line, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, errors.New("read public keys: there is none")
	}
	return note.VerifierList(list...), nil
}
