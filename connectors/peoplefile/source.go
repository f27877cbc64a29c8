package peoplefile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// File is the path of people.yaml or people.csv.
type File string

var _ directory.Source = File("")

// Open opens a directory on a file.
func Open(ctx context.Context, path string, cfg directory.Config) (*directory.Directory, error) {
	return directory.Open(ctx, File(path), cfg)
}

// Name is the file's name without its folder.
func (f File) Name() string { return "file:" + filepath.Base(string(f)) }

// Read reads the file. Its error is approvals.Problems, one for each thing that
// is wrong in it.
func (f File) Read(context.Context) (directory.Reading, error) {
	file := filepath.ToSlash(string(f))
	info, err := os.Stat(string(f))
	if err != nil {
		return directory.Reading{}, approvals.Problems{{File: file, What: "the file is not there", Mend: "write people.yaml, or set the path of the one that you have"}}
	}
	data, err := os.ReadFile(string(f))
	if err != nil {
		return directory.Reading{}, approvals.Problems{{File: file, What: "the file cannot be read", Mend: "make it readable for the user that runs Hallpass"}}
	}
	people, asOf, err := decode(file, data)
	if err != nil {
		return directory.Reading{}, err
	}
	if asOf.IsZero() {
		asOf = info.ModTime()
	}
	return directory.Reading{People: people, AsOf: asOf, Strict: true}, nil
}

func decode(file string, data []byte) ([]directory.Person, time.Time, error) {
	if strings.HasSuffix(file, ".csv") {
		people, err := decodeCSV(file, data)
		return people, time.Time{}, err
	}
	return decodeYAML(file, data)
}
