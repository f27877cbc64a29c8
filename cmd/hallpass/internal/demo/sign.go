package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// The files of the demo's folder that hold the key of its audit log, and the
// public half for whoever verifies.
const (
	keyFile    = "audit.key"
	publicFile = "audit.pub"
)

// signing gives the demo's log a key of its own, made when its folder is, and
// the public half of it.
func signing(data string) (key config.Secret, public string, err error) {
	path, err := filepath.Abs(filepath.Join(data, keyFile))
	if err != nil {
		return "", "", err
	}
	text, err := os.ReadFile(path)
	secret := strings.TrimSpace(string(text))
	if errors.Is(err, fs.ErrNotExist) {
		if secret, _, err = auditlog.NewKey("demo.example/hallpass"); err == nil {
			err = os.WriteFile(path, []byte(secret+"\n"), 0o600)
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("make the demo's signing key: %w", err)
	}
	if public, err = auditlog.VerifierOf(secret); err != nil {
		return "", "", fmt.Errorf("read the demo's signing key %s: %w", path, err)
	}
	return config.Secret("file:" + path), public, os.WriteFile(filepath.Join(data, publicFile), []byte(public+"\n"), 0o600)
}

// verifying says how somebody verifies the log of a demo whose folder is kept.
func (d *Demo) verifying(data string) string {
	if data == "" {
		return "Its audit log is signed. Keep it with --data FOLDER to verify it afterwards; its public key is\n\n      " + d.public
	}
	database := "…" // a URL that was given may hold a password
	if strings.HasPrefix(d.options.Database, "sqlite:") {
		database = d.options.Database
	}
	now := d.Clock.Now().UTC()
	return fmt.Sprintf("Its audit log is signed. When you have stopped it, write evidence of it, and verify that with the public key alone:\n\n"+
		"      DATABASE_URL=%s hallpass audit evidence --config %[2]s/access/hallpass.yaml --key %[2]s/%[3]s --from %[4]s --to %[5]s --out evidence\n"+
		"      hallpass audit verify evidence --key %[2]s/%[6]s",
		database, data, keyFile, now.AddDate(0, 0, -historyDays-1).Format(time.DateOnly), now.AddDate(0, 0, 2).Format(time.DateOnly), publicFile)
}
