package prompts

import "errors"

// Code names a kind of failure for programs, metrics and logs. Codes never
// change once released.
type Code string

// The codes. Whatever the code, the caller shows its own template instead.
const (
	CodeDisabled    Code = "disabled"     // no model is configured
	CodeInput       Code = "input"        // the input holds what may not leave, or makes no sense
	CodeBudget      Code = "budget"       // today's tokens are spent
	CodeBreakerOpen Code = "breaker_open" // too many failures; not asked
	CodeTimeout     Code = "timeout"      // no answer within the limit
	CodeUnavailable Code = "unavailable"  // unreachable, 5xx, 429, or a redirect
	CodeRefused     Code = "refused"      // any other status: key, model or request not accepted
	CodeAnswer      Code = "answer"       // an answer came and did not pass the checks
)

// Error is a failure with a code for programs and a sentence for people. It
// never holds text that the endpoint sent, since that could echo the key.
type Error struct {
	Code    Code
	Message string
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

// The failures of Summarize, to be matched with errors.Is. What is returned
// wraps one of them with the particulars.
var (
	ErrDisabled    = &Error{CodeDisabled, "no language model is configured"}
	ErrInput       = &Error{CodeInput, "the input may not be sent to a language model"}
	ErrBudget      = &Error{CodeBudget, "today's token budget for the language model is spent; it renews at midnight UTC"}
	ErrBreakerOpen = &Error{CodeBreakerOpen, "the language model failed too often and is left alone for a while"}
	ErrTimeout     = &Error{CodeTimeout, "the language model did not answer in time"}
	ErrUnavailable = &Error{CodeUnavailable, "the language model cannot be reached or is overloaded"}
	ErrRefused     = &Error{CodeRefused, "the language model's endpoint refused the call; check its base URL, key and model"}
	ErrAnswer      = &Error{CodeAnswer, "the language model's answer did not pass the checks"}
)

// CodeOf returns the code of err, or "" when none of this package's failures
// is in it; a cancelled context is the caller's own and has none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
