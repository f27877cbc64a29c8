package auditlog

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// saltSize is the length of a salt in bytes: enough that nobody guesses a short
// text from its commitment once the salt is erased.
const saltSize = 32

// Text is what a person wrote, kept apart from the log. The event of that
// sequence holds only its commitment, so that text and salt can be erased and
// every proof still holds.
type Text struct {
	Sequence int64  `json:"sequence"`
	Name     string `json:"name"` // "reason", "note", "comment", …: which text of the event
	Salt     string `json:"salt"` // hexadecimal
	Text     string `json:"text"`
}

// NewText salts a text.
func NewText(sequence int64, name, text string) Text {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	return Text{Sequence: sequence, Name: name, Salt: hex.EncodeToString(salt), Text: text}
}

// Commitment is "sha256:" and the hexadecimal SHA-256 of the salt's bytes and
// the text's.
func (t Text) Commitment() (string, error) {
	salt, err := hex.DecodeString(t.Salt)
	if err != nil || len(salt) != saltSize {
		return "", fmt.Errorf("the salt is not %d bytes in hexadecimal", saltSize)
	}
	sum := sha256.Sum256(append(salt, t.Text...))
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// checkTexts compares texts with the commitments that an event holds. It
// returns how many of the commitments have no text: erased, or left out.
func checkTexts(commitments []byte, texts []Text) (absent int, err error) {
	promised := map[string]string{}
	if commitments != nil {
		if err := json.Unmarshal(commitments, &promised); err != nil {
			return 0, fmt.Errorf("its commitments to texts cannot be read")
		}
	}
	absent = len(promised)
	for _, t := range texts {
		want, found := promised[t.Name]
		if !found {
			return absent, fmt.Errorf("the event knows no text %q", t.Name)
		}
		got, err := t.Commitment()
		if err != nil {
			return absent, fmt.Errorf("the text %q: %w", t.Name, err)
		}
		if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
			return absent, fmt.Errorf("the text %q is not the one that the event commits to", t.Name)
		}
		absent--
	}
	return absent, nil
}
