package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// superuser is the role that initdb creates in guard.sh.
const superuser = "postgres"

// attempts is how many random ports are tried. Another process can take a
// port between our look and the server's bind, but hardly five times running.
const attempts = 5

//go:embed guard.sh
var guard string

// process is the guard and the server under it.
type process struct {
	dir      string
	port     int
	password string

	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
	once  sync.Once
	err   error
}

// startProcess runs initdb and the server through guard.sh, and returns when
// the server answers on a port that is provably its own.
func startProcess(ctx context.Context, bin string, opts Options) (*process, error) {
	cred, err := credential()
	if err != nil {
		return nil, err
	}
	p := &process{password: rand.Text()}
	if err := p.makeDir(cred); err != nil {
		return nil, err
	}
	if err := p.spawn(bin, serverOptions(opts), cred); err != nil {
		_ = os.RemoveAll(p.dir)
		return nil, err
	}
	// The guard stops at the end of its input, which also ends our reads.
	release := context.AfterFunc(ctx, func() { _ = p.stdin.Close() })
	defer release()
	if err := p.boot(ctx); err != nil {
		err = fmt.Errorf("start PostgreSQL from %s: %w\n%s", bin, err, p.logTail())
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// makeDir makes the cluster's folder, with the password file that initdb
// reads, and gives both to the user that the server runs as.
func (p *process) makeDir(cred *syscall.Credential) error {
	dir, err := os.MkdirTemp("", "hallpass-pg-")
	if err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	if p.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return fmt.Errorf("resolve the cluster's folder: %w", err)
	}
	password := filepath.Join(p.dir, "password")
	if err := os.WriteFile(password, []byte(p.password+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the cluster's password file: %w", err)
	}
	if cred == nil {
		return nil
	}
	for _, path := range []string{password, p.dir} {
		if err := os.Chown(path, int(cred.Uid), int(cred.Gid)); err != nil {
			return fmt.Errorf("give the cluster's folder to the server's user: %w", err)
		}
	}
	return nil
}

func (p *process) spawn(bin, options string, cred *syscall.Credential) error {
	// No context: the guard has to outlive the call that starts it, and ends with its input.
	p.cmd = exec.CommandContext(context.Background(), "/bin/sh", "-c", guard, "pgtest-guard", bin, p.dir, options)
	p.cmd.Dir = p.dir
	// Nothing is inherited: PGPORT, PGDATA or PGOPTIONS in the environment
	// would bend the server, and the environment may hold secrets.
	p.cmd.Env = []string{"PATH=" + bin + ":/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "HOME=" + p.dir}
	// A session of its own keeps a terminal's Ctrl-C from the guard, which
	// has to outlive the test process in order to clean up after it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: cred}
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return fmt.Errorf("make the guard's input: %w", err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("make the guard's output: %w", err)
	}
	p.lines = bufio.NewScanner(stdout)
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start the guard: %w", err)
	}
	return nil
}

// boot waits for initdb, then offers ports until the server stands on one.
func (p *process) boot(ctx context.Context) error {
	if answer := p.answer(); answer != "ready" {
		return errors.Join(errors.New("initdb failed"), ctx.Err())
	}
	for range attempts {
		port, err := freePort(ctx)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(p.stdin, port); err != nil {
			return fmt.Errorf("offer the server a port: %w", err)
		}
		switch p.answer() {
		case "up":
			p.port = port
			return p.verify(ctx)
		case "down":
			continue
		default:
			return errors.Join(errors.New("the guard ended"), ctx.Err())
		}
	}
	return fmt.Errorf("the server did not start on any of %d ports", attempts)
}

func (p *process) answer() string {
	if !p.lines.Scan() {
		return ""
	}
	return p.lines.Text()
}

// verify reads back where the listener keeps its data, so that a stranger on
// the port is never mistaken for ours.
func (p *process) verify(ctx context.Context) error {
	dsn := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, p.password), Path: "/postgres",
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)), RawQuery: "sslmode=disable"}
	conn, err := pgx.Connect(ctx, dsn.String())
	if err != nil {
		return fmt.Errorf("connect to the new server: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var got string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&got); err != nil {
		return fmt.Errorf("read the new server's data directory: %w", err)
	}
	if want := filepath.Join(p.dir, "data"); got != want {
		return fmt.Errorf("port %d belongs to a server with data in %s, not %s", p.port, got, want)
	}
	return nil
}

// stop closes the guard's input and waits until it has stopped the server and
// removed the folder.
func (p *process) stop() error {
	p.once.Do(func() {
		_ = p.stdin.Close()
		_ = p.cmd.Wait() // The guard's own exit code says only how it was asked to end.
		if _, err := os.Stat(p.dir); !errors.Is(err, os.ErrNotExist) {
			p.err = fmt.Errorf("the PostgreSQL guard left %s behind", p.dir)
		}
	})
	return p.err
}

func (p *process) logTail() string {
	const keep = 2000
	data, err := os.ReadFile(filepath.Join(p.dir, "server.log"))
	if err != nil {
		return "(no server log)"
	}
	return strings.TrimSpace(string(data[max(0, len(data)-keep):]))
}

func serverOptions(opts Options) string {
	// TCP only: a socket path can exceed what the kernel allows for one.
	o := "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=600 -c jit=off"
	if !opts.Durable {
		o += " -c fsync=off -c full_page_writes=off"
	}
	return o
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// credential returns the user to run the server as: nil, meaning ourselves,
// unless we are root, whom PostgreSQL refuses.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as; add one, or run as another user")
}
