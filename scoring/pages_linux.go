package scoring

import (
	"bytes"
	"os"
	"reflect"
	"sync"
	"syscall"
)

const (
	hugePage = 2 << 20 // bytes; Linux's large pages on amd64 and arm64
	collapse = 25      // MADV_COLLAPSE, since Linux 6.1
)

// hugePages reports whether the system gives large pages to those who ask.
var hugePages = sync.OnceValue(func() bool {
	set, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return err == nil && !bytes.Contains(set, []byte("[never]"))
})

// spread asks the system to keep a large table in large pages, and gives it
// back. A look-up in a table of many megabytes otherwise waits longer for the
// processor to find out where the page lies than for the memory itself. It is
// advice: nothing depends on whether it is taken.
func spread[T any](table []T) []T {
	size := uintptr(cap(table)) * reflect.TypeFor[T]().Size()
	if size < hugePage/2 || !hugePages() {
		return table
	}
	at := reflect.ValueOf(table).Pointer()
	first := at &^ (hugePage - 1) // what lies around a table in its pages is Go's own memory too
	length := (at+size+hugePage-1)&^(hugePage-1) - first
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, first, length, syscall.MADV_HUGEPAGE) // for what comes
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, first, length, collapse)              // for what is in use already
	return table
}
