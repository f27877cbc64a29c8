package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/contract"
)

// DefaultTimeout is a program's time when none is configured.
const DefaultTimeout = 10 * time.Second

const (
	limit = 1 << 20         // bytes of an answer
	grace = 2 * time.Second // for the pipes to close after the program was killed
)

// Config says which program a connector starts.
type Config struct {
	Name        string               // of the connector
	Command     []string             // an absolute path, then fixed arguments
	Environment map[string]string    // besides PATH, LANG and HOME; values may be secrets
	Operations  []contract.Operation // the optional ones that the program has
	Timeout     time.Duration        // of one start; zero: DefaultTimeout
	Now         func() time.Time
}

// New prepares a connector and looks at the file: it must be there, be
// executable, and be nobody else's to write.
func New(cfg Config) (*contract.Connector, error) {
	if cfg.Name == "" {
		return nil, errors.New("exec: the connector has no name; give it one and keep it")
	}
	if len(cfg.Command) == 0 || !filepath.IsAbs(cfg.Command[0]) {
		return nil, fmt.Errorf("exec: the command of connector %s must begin with an absolute path", cfg.Name)
	}
	if err := sound(cfg.Command[0]); err != nil {
		return nil, fmt.Errorf("exec: the command of connector %s can't be used: %w", cfg.Name, err)
	}
	for name := range cfg.Environment {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return nil, fmt.Errorf("exec: the environment of connector %s has a variable without a proper name", cfg.Name)
		}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	p := program{cfg}
	return contract.New(cfg.Name, p.run, cfg.Operations, cfg.Now), nil
}

// sound reports why a file must not be started.
func sound(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return errors.New("there is no such file, or it can't be read")
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return errors.New("it is no executable file; chmod 0755 it")
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return errors.New("its links can't be followed")
	}
	folder, err := os.Stat(filepath.Dir(real))
	if err != nil {
		return errors.New("its folder can't be read")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return errors.New("others may write it; chmod go-w it")
	}
	if folder.Mode().Perm()&0o022 != 0 && folder.Mode()&os.ModeSticky == 0 {
		return errors.New("others may replace it, since they may write its folder; chmod go-w that")
	}
	return nil
}

type program struct{ Config }

// run starts the program for one question.
func (p program) run(ctx context.Context, question []byte) ([]byte, error) {
	if err := sound(p.Command[0]); err != nil { // it may have changed since
		return nil, &approvals.ConnectorError{Kind: approvals.Misconfigured, Message: "The program can't be used: " + err.Error() + ".", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Command[0], p.Command[1:]...) // #nosec G204 -- the operator's own program; nothing of a request is in it
	cmd.Env = p.environment()
	cmd.Dir = "/"
	cmd.Stdin = bytes.NewReader(question)
	out := &bounded{}
	cmd.Stdout, cmd.Stderr = out, io.Discard
	cmd.WaitDelay = grace
	killAll(cmd)
	if err := cmd.Start(); err != nil {
		return nil, &approvals.ConnectorError{Kind: approvals.Retryable, Message: "The program can't be started.", Err: errors.New("start failed")}
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		return nil, &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The program did not end in time and was stopped.", Err: ctx.Err()}
	}
	if out.over {
		return nil, &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The program's answer is too long."}
	}
	if err == nil {
		return out.kept, nil
	}
	var said *approvals.ConnectorError
	if _, wrong := contract.Decode(contract.Validate, out.kept); errors.As(wrong, &said) {
		return nil, said
	}
	return nil, &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The program failed without saying why.", Err: ended(err)}
}

// environment is all that the program sees.
func (p program) environment() []string {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/"}
	for name, value := range p.Environment {
		env = append(env, name+"="+value)
	}
	slices.Sort(env[3:])
	return env
}

// ended says how a program ended, and nothing of what it wrote.
func ended(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(exit.String())
	}
	return errors.New("its output could not be read")
}

// bounded keeps the first bytes of an answer and notes whether there were more.
type bounded struct {
	kept []byte
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.over = b.over || len(b.kept)+len(p) > limit; !b.over {
		b.kept = append(b.kept, p...)
	}
	return len(p), nil // what is too much is read all the same, so that the program can end
}
