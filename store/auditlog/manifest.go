package auditlog

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// FolderFormat names the version of the format of a signed folder.
const FolderFormat = "hallpass-evidence/1"

// The files that hold a signed folder together.
const (
	manifestFile = "manifest.sha256"
	noteFile     = "manifest.note"
	// LogFolder is where a signed folder has its bundle.
	LogFolder = "log"
)

// FileFinding is one file of a signed folder that is not what was signed.
type FileFinding struct {
	Path  string `json:"path"`
	Words string `json:"words"`
}

// String is the finding as a person reads it.
func (f FileFinding) String() string { return fmt.Sprintf("%s: %s (file_changed)", f.Path, f.Words) }

// SealFolder writes the hashes of all files below a folder into its manifest,
// one line a file as sha256sum writes them, and signs it as the origin.
func SealFolder(dir, origin string, signers ...note.Signer) error {
	if len(signers) == 0 {
		return errors.New("sign a folder: there is no key")
	}
	sums, err := hashFolder(dir)
	if err != nil {
		return fmt.Errorf("sign a folder: %w", err)
	}
	var lines strings.Builder
	for _, path := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&lines, "%s  %s\n", sums[path], path)
	}
	signed, err := note.Sign(&note.Note{Text: folderText(origin, lines.String())}, signers...)
	if err != nil {
		return fmt.Errorf("sign a folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, manifestFile), []byte(lines.String()), 0o600); err != nil {
		return fmt.Errorf("sign a folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, noteFile), signed, 0o600); err != nil {
		return fmt.Errorf("sign a folder: %w", err)
	}
	return nil
}

// folderText is what is signed of a folder. A checkpoint has another first and
// second line, so that neither can stand for the other.
func folderText(origin, manifest string) string {
	sum := sha256.Sum256([]byte(manifest))
	return FolderFormat + "\n" + origin + "\nsha256 " + hex.EncodeToString(sum[:]) + "\n"
}

// VerifyFolder looks at everything in a folder: a bundle, or a signed folder
// with a bundle in it, of which every file is compared with the manifest, and
// the manifest with its signature. Known are checkpoints from elsewhere. An
// error means that it could not be read.
func VerifyFolder(ctx context.Context, dir string, keys note.Verifiers, known ...[]byte) (report Report, err error) {
	bundle, files, changed := dir, 0, []FileFinding(nil)
	if sealed(dir) {
		if files, changed, err = verifyFiles(dir, keys); err != nil {
			return report, fmt.Errorf("verify a folder: %w", err)
		}
		changed = append(changed, verifyReviews(dir, keys)...)
		bundle = filepath.Join(dir, LogFolder)
	}
	b, err := OpenBundle(bundle)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	report, err = b.Verify(ctx, keys, known...)
	report.Files, report.Changed = files, changed
	return report, err
}

// sealed reports whether a folder is a signed one. Either file says so: whoever
// takes one of them away has not made a bundle of it.
func sealed(dir string) bool {
	return slices.ContainsFunc([]string{noteFile, manifestFile}, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// verifyFiles counts the files that are what was signed, and finds the others.
func verifyFiles(dir string, keys note.Verifiers) (files int, changed []FileFinding, err error) {
	find := func(path, format string, args ...any) {
		changed = append(changed, FileFinding{path, fmt.Sprintf(format, args...)})
	}
	manifest, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return 0, nil, err
	}
	signed, err := os.ReadFile(filepath.Join(dir, noteFile))
	if err != nil {
		return 0, nil, err
	}
	if n, err := note.Open(signed, keys); err != nil {
		find(noteFile, "no trusted key signed it")
	} else if n.Text != folderText(n.Sigs[0].Name, string(manifest)) {
		find(manifestFile, "it is not the list that was signed")
	}
	sums, err := hashFolder(dir)
	if err != nil {
		return 0, nil, err
	}
	for line := range strings.Lines(string(manifest)) {
		sum, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		have, there := sums[path]
		switch {
		case !ok:
			find(manifestFile, "a line of it is no hash and path")
		case !there:
			find(path, "it is missing, or listed twice")
		case have != sum:
			find(path, "it was changed")
		default:
			files++
		}
		delete(sums, path)
	}
	for _, path := range slices.Sorted(maps.Keys(sums)) {
		find(path, "it was added")
	}
	return files, changed, nil
}

// hashFolder is the SHA-256 of each file below a folder, by its path with
// slashes, without the two files that hold the folder together.
func hashFolder(dir string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if name = filepath.ToSlash(name); name == manifestFile || name == noteFile {
			return nil
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is no plain file", name)
		}
		sums[name], err = hashFile(path)
		return err
	})
	return sums, err
}

func hashFile(path string) (sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, bufio.NewReaderSize(f, 1<<16)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
