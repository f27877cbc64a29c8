//go:build unix

package exec

import (
	"os/exec"
	"syscall"
)

// killAll puts the program into a process group of its own, so that what it
// started ends with it.
func killAll(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
