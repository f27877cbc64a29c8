package approvals

import (
	"errors"
	"fmt"
)

// Code is the kind of an error, for a program to test.
type Code string

// The error vocabulary. Every error that leaves the domain or an adapter
// carries one of these codes; CodeInternal stands for all that carry none.
const (
	CodeInvalid           Code = "invalid"            // the input is wrong; asking again unchanged will not help
	CodeNotFound          Code = "not_found"          // no such thing, or not for this person to see
	CodeConflict          Code = "conflict"           // somebody changed it first: read it again and retry
	CodeDuplicate         Code = "duplicate"          // this was done already, under the same key
	CodeForbidden         Code = "forbidden"          // this person may not do this
	CodeSelfApproval      Code = "self_approval"      // nobody decides for themselves
	CodeUnconfirmed       Code = "unconfirmed"        // the person must first say that the account is theirs
	CodeAlreadyDecided    Code = "already_decided"    // someone was first; the message says who
	CodeLapsed            Code = "lapsed"             // nobody answered in time; the request is closed
	CodeOverBudget        Code = "over_budget"        // a budget of automatic approvals is used up
	CodeIllegalTransition Code = "illegal_transition" // the state machine has no such arrow
	CodeUnavailable       Code = "unavailable"        // something that is needed does not answer; retry later
	CodeInternal          Code = "internal"           // a defect: it is logged, the person is told no detail
)

// Error is an error with a code for programs and a sentence for people.
type Error struct {
	Code    Code
	Message string // one sentence that a person can act on, without secrets
	Op      string // what was being done, for the log
	Err     error  // the cause; may be nil; never shown to people
}

// Error renders the whole chain, for logs.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a code and a sentence for people.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ErrorCode is the code of the outermost Error in err's chain, CodeInternal
// if there is none, and "" for nil.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// ErrorMessage is the sentence for people of the outermost Error in err's
// chain. For an error without one it says only that something went wrong:
// the detail of a defect is for the log.
func ErrorMessage(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return "Something went wrong on our side. Nothing was changed; please try again."
}

// Problem is one thing that is wrong in a file which a person wrote: what,
// where, and the mend.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1; 0: the file as a whole
	What string `json:"what"`
	Mend string `json:"mend"`
}

// String renders the problem as file:line: what; mend.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	s += ": " + p.What
	if p.Mend != "" {
		s += "; " + p.Mend
	}
	return s
}

// Problems is a list of them as one error of code CodeInvalid.
type Problems []Problem

// Error lists one problem a line.
func (ps Problems) Error() string {
	s := ""
	for i, p := range ps {
		if i > 0 {
			s += "\n"
		}
		s += p.String()
	}
	return s
}
