package auditlog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what the log was at one moment: how many events, and the root
// over them. Signed, it binds all of them. The form is that of C2SP
// tlog-checkpoint, with the time as an extension line.
type Checkpoint struct {
	Origin string    // names the log; the same as the name of its keys
	Size   int64     // events, more than zero
	Root   Hash      // over events 1 to Size
	At     time.Time // UTC, whole milliseconds, by the clock of the one who signed
}

// timeLayout is how a checkpoint says its time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Text is what is signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\nat %s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]),
		c.At.UTC().Format(timeLayout))
}

// Sign makes a signed note of a checkpoint, with a signature by each signer.
// All must bear the origin's name.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 {
		return nil, errors.New("sign a checkpoint: there is no key")
	}
	for _, s := range signers {
		if s.Name() != c.Origin {
			return nil, fmt.Errorf("sign a checkpoint: the key is named %q and the log %q", s.Name(), c.Origin)
		}
	}
	if _, err := parseText(c.Text()); err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: c.Text()}, signers...)
}

// OpenCheckpoint reads a signed note. It fails unless at least one of the keys
// signed it, and all signatures of those keys hold.
func OpenCheckpoint(signed []byte, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(signed, keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open a checkpoint: %w", err)
	}
	c, err := parseText(n.Text)
	if err != nil {
		return c, err
	}
	if name := n.Sigs[0].Name; name != c.Origin {
		return c, fmt.Errorf("open a checkpoint: it is signed as %q and is of the log %q", name, c.Origin)
	}
	return c, nil
}

// Peek reads a note without looking at its signatures: good for saying what a
// checkpoint claims, for nothing else.
func Peek(signed []byte) (Checkpoint, error) {
	text, _, found := strings.Cut(string(signed), "\n\n")
	if !found {
		return Checkpoint{}, errors.New("read a checkpoint: no signature follows")
	}
	return parseText(text + "\n")
}

func parseText(text string) (c Checkpoint, err error) {
	malformed := func(what string) (Checkpoint, error) {
		return c, fmt.Errorf("read a checkpoint: %s", what)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" || lines[0] == "" {
		return malformed("it is not four lines: origin, size, root, time")
	}
	c.Origin = lines[0]
	c.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.Size < 1 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return malformed("the size is no positive number")
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil || base64.StdEncoding.EncodeToString(c.Root[:]) != lines[2] {
		return malformed("the root is no hash")
	}
	at, found := strings.CutPrefix(lines[3], "at ")
	c.At, err = time.Parse(timeLayout, at)
	if !found || err != nil || c.At.Format(timeLayout) != at {
		return malformed("the time is not written like \"at " + timeLayout + "\"")
	}
	return c, nil
}
