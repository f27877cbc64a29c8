package backtest

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hallpass-dev/hallpass/approvals"
)

// fileProblem says what the system says of a file, and what to do.
func fileProblem(name, what, mend string, err error) error {
	var at *fs.PathError
	reason := err
	if errors.As(err, &at) {
		reason = at.Err
	}
	p := approvals.Problem{File: name, What: fmt.Sprintf("%s: %v", what, reason), Mend: mend}
	return &approvals.Error{Code: approvals.CodeInvalid, Message: p.String(), Op: "open", Err: err}
}

var errFolder = errors.New("it is a folder")

func readFile(name string, words dictionary, decided bool) (*Table, error) {
	const what, mend = "can't be read", "name a CSV file"
	f, err := os.Open(name)
	if err != nil {
		return nil, fileProblem(name, what, mend, err)
	}
	defer func() { _ = f.Close() }() // Nothing was written that could be lost.
	if at, err := f.Stat(); err == nil && at.IsDir() {
		return nil, fileProblem(name, what, mend, errFolder)
	}
	return readTable(name, f, words, decided)
}

// outputs are the files that a run will write. Each is opened before the work
// begins, so that a run does not end for want of a place to write to.
type outputs struct {
	inputs []string // files that are read, which none may replace
	opened []*output
}

// output is a file that gets its name when all of it is written: who finds the
// name finds the whole. What is no ordinary file, such as a pipe, is written to
// directly.
type output struct {
	path string
	to   *os.File
	part bool // to is yet to get the path as its name
}

// create opens a file for writing.
func (o *outputs) create(path string) (*output, error) {
	out, err := o.open(path)
	if err != nil {
		return nil, fileProblem(path, "can't be written", "name another, in a folder that is there and that you may write to", err)
	}
	o.opened = append(o.opened, out)
	return out, nil
}

// to opens what a command line names for writing: "-" is standard output, and
// nothing is written where nothing is named.
func (o *outputs) to(path string, stdout io.Writer) (put func(write func(io.Writer) error) error, err error) {
	switch path {
	case "":
		return func(func(io.Writer) error) error { return nil }, nil
	case "-":
		return func(write func(io.Writer) error) error { return write(stdout) }, nil
	}
	out, err := o.create(path)
	if err != nil {
		return nil, err
	}
	return out.put, nil
}

var errInput = errors.New("it is read by this same command")

func (o *outputs) open(path string) (*output, error) {
	there, err := os.Stat(path)
	switch {
	case err == nil && there.IsDir():
		return nil, errFolder
	case err == nil && !there.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &output{path: path, to: f}, err
	case err == nil:
		for _, input := range o.inputs {
			if read, err := os.Stat(input); err == nil && os.SameFile(read, there) {
				return nil, errInput
			}
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, err
		}
	}
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a report is for all that the umask lets read it
	return &output{path: path, to: f, part: true}, err
}

// put writes all of a file and gives it its name. An error in closing it is an
// error, and leaves what had the name before.
func (o *output) put(write func(io.Writer) error) error {
	buffered := bufio.NewWriter(o.to)
	err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	err = errors.Join(err, o.to.Close())
	if err == nil && o.part {
		err = os.Rename(o.to.Name(), o.path)
	}
	if err == nil {
		o.to = nil
		return nil
	}
	return fmt.Errorf("write %s: %w", o.path, err)
}

// abandon removes what was begun and not finished.
func (o *outputs) abandon() {
	for _, out := range o.opened {
		if out.to == nil {
			continue
		}
		_ = out.to.Close() // nothing in it is wanted
		if out.part {
			_ = os.Remove(out.to.Name())
		}
	}
}
