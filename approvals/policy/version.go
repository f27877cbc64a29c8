package policy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"os"
	"os/exec"
	"strings"
	"time"
)

// digest is the SHA-256 over everything that decides: the schema, the built-in
// policy, and each policy file with its name. Examples decide nothing.
func digest(files []file) string {
	h := sha256.New()
	add(h, "schema", schemaText)
	add(h, "builtin", []byte(selfApprovalText))
	for _, f := range files {
		if f.isPolicy() {
			add(h, f.name, f.data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// add writes name and data with their lengths, so that no two lists of files
// look alike to the hash.
func add(h hash.Hash, name string, data []byte) {
	for _, b := range [][]byte{[]byte(name), data} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
}

// commit is the last Git commit that touched the folder, with "+dirty" when
// files differ from it, and "" where Git cannot say.
func commit(ctx context.Context, dir string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	head, err := git(ctx, dir, "log", "-1", "--format=%H", "--", ".")
	if err != nil || head == "" {
		return ""
	}
	changed, err := git(ctx, dir, "status", "--porcelain", "--", ".")
	if err != nil {
		return ""
	}
	if changed != "" {
		return head + "+dirty"
	}
	return head
}

// git runs Git in the folder. It takes no locks and starts nothing that the
// repository's own configuration may name.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.fsmonitor=false", "-c", "log.showSignature=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	out, err := cmd.Output()
	return strings.TrimSpace(string(bytes.ToValidUTF8(out, nil))), err
}
