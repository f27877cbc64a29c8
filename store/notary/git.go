package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// checkpointFile is the file that an evidence repository keeps; its history
// holds every checkpoint.
const checkpointFile = "checkpoint.txt"

// pushes is how often a push is tried that another replica was ahead of.
const pushes = 3

// Repository commits each checkpoint to a Git repository, and pushes it. It
// runs the git program, so that its ways to authenticate are those that the
// operator's user has: ssh, credential helpers.
type Repository struct {
	Path   string // of a clone that nobody else works in; made where it is missing
	Remote string // pushed to; empty: the commits stay here
	Branch string // default main
}

// Name implements Anchor.
func (r Repository) Name() string { return "the Git repository " + r.Path }

func (r Repository) branch() string {
	if r.Branch == "" {
		return "main"
	}
	return r.Branch
}

// git runs one command in the repository.
func (r Repository) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.Path}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=hallpass", "GIT_AUTHOR_EMAIL=hallpass@localhost", "GIT_COMMITTER_NAME=hallpass", "GIT_COMMITTER_EMAIL=hallpass@localhost")
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		// What git says may quote an address with its password, so it stays here.
		return "", unreachable(fmt.Sprintf("git %s failed there; run it by hand to see why.", args[0]), err)
	}
	return out.String(), nil
}

// Put implements Anchor.
func (r Repository) Put(ctx context.Context, c store.SignedCheckpoint) (err error) {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	for range pushes {
		if err = r.commit(ctx, c); err != nil || r.Remote == "" {
			return err
		}
		if _, err = r.git(ctx, "push", "--quiet", r.Remote, "HEAD:refs/heads/"+r.branch()); err == nil {
			return nil
		}
		if err := r.follow(ctx); err != nil { // another replica was faster
			return err
		}
	}
	return err
}

// prepare makes the repository where it is missing.
func (r Repository) prepare(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(r.Path, ".git")); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return unreachable("The repository can't be read.", err)
	}
	if err := os.MkdirAll(r.Path, 0o750); err != nil {
		return unreachable("The repository can't be made.", err)
	}
	if _, err := r.git(ctx, "init", "--quiet", "--initial-branch", r.branch()); err != nil || r.Remote == "" {
		return err
	}
	return r.follow(ctx)
}

// follow takes over what the remote has. What was not pushed is lost, and what
// it said comes again with the next checkpoint.
func (r Repository) follow(ctx context.Context) error {
	heads, err := r.git(ctx, "ls-remote", "--heads", r.Remote, r.branch())
	if err != nil || heads == "" { // nobody has pushed yet
		return err
	}
	if _, err := r.git(ctx, "fetch", "--quiet", r.Remote, "refs/heads/"+r.branch()); err != nil {
		return err
	}
	_, err = r.git(ctx, "reset", "--quiet", "--hard", "FETCH_HEAD")
	return err
}

// commit commits a checkpoint, unless one of as many events is there.
func (r Repository) commit(ctx context.Context, c store.SignedCheckpoint) error {
	path := filepath.Join(r.Path, checkpointFile)
	if there, err := os.ReadFile(path); err == nil {
		if claimed, err := auditlog.Peek(there); err == nil && claimed.Size >= c.Size {
			return nil
		}
	}
	if err := os.WriteFile(path, c.Note, 0o600); err != nil {
		return unreachable("The repository can't be written.", err)
	}
	if _, err := r.git(ctx, "add", checkpointFile); err != nil {
		return err
	}
	_, err := r.git(ctx, "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "-m", fmt.Sprintf("audit log: %d events", c.Size))
	return err
}

// Beyond implements Anchor.
func (r Repository) Beyond(ctx context.Context, size int64) ([]byte, error) {
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	if r.Remote != "" {
		if err := r.follow(ctx); err != nil {
			return nil, err
		}
	}
	found, err := r.git(ctx, "ls-tree", "--name-only", "-r", "HEAD", "--", checkpointFile)
	if err != nil || strings.TrimSpace(found) == "" {
		return nil, nil //nolint:nilerr // A repository without a commit knows nothing.
	}
	text, err := r.git(ctx, "show", "HEAD:"+checkpointFile)
	if err != nil {
		return nil, err
	}
	claimed, err := auditlog.Peek([]byte(text))
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeInvalid, Op: "read an anchor", Err: err, Message: "The repository's " + checkpointFile + " is no checkpoint."}
	}
	if claimed.Size <= size {
		return nil, nil
	}
	return []byte(text), nil
}
