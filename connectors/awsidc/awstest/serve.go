package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// refusal is an error answer.
type refusal struct {
	code       string
	status     int
	retryAfter int
	words      string
}

func refuse(code, format string, args ...any) *refusal {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusBadRequest
	}
	return &refusal{code: code, status: status, words: fmt.Sprintf(format, args...)}
}

// statuses are the HTTP statuses of error codes, as the SDK's own snapshots of
// answers have them.
var statuses = map[string]int{"ThrottlingException": http.StatusTooManyRequests, "ConflictException": http.StatusConflict,
	"ResourceNotFoundException": http.StatusNotFound, "AccessDeniedException": http.StatusForbidden}

// request is one call that is being answered.
type request struct {
	body  []byte
	stale bool // answered as before the last change
	lie   bool // answered as done, and is not
}

type handler func(*Cloud, request) (any, *refusal)

// on makes a handler of one that takes the SDK's own input type. What the type
// does not have is refused.
func on[I any](f func(*Cloud, *I, request) (any, *refusal)) handler {
	return func(c *Cloud, r request) (any, *refusal) {
		var in I
		dec := json.NewDecoder(bytes.NewReader(r.body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			return nil, refuse("SerializationException", "%v", err)
		}
		return f(c, &in, r)
	}
}

// ServeHTTP answers as AWS does.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !strings.Contains(r.Header.Get("Authorization"), "Credential="+AccessKey+"/") {
		answer(w, nil, &refusal{"UnrecognizedClientException", http.StatusForbidden, 0, "The security token included in the request is invalid."})
		return
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if action == "" {
		c.identity(w, string(body))
		return
	}
	out, no, lost := c.handle(r.Header.Get("X-Amz-Target"), action, body)
	if lost {
		panic(http.ErrAbortHandler)
	}
	answer(w, out, no)
}

func answer(w http.ResponseWriter, out any, no *refusal) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if no != nil {
		if no.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(no.retryAfter))
		}
		w.Header().Set("X-Amzn-ErrorType", no.code)
		w.WriteHeader(no.status)
		out = map[string]string{"__type": no.code, "message": no.words, "Message": no.words}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// identity is STS, which speaks another protocol.
func (c *Cloud) identity(w http.ResponseWriter, form string) {
	if !strings.Contains(form, "Action=GetCallerIdentity") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	caller := read(c, func() string { return c.Caller })
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		`<Arn>arn:aws:sts::%[1]s:assumed-role/hallpass/i-1</Arn><UserId>AROA:i-1</UserId><Account>%[1]s</Account>`+
		`</GetCallerIdentityResult></GetCallerIdentityResponse>`, caller)
}

func (c *Cloud) handle(target, action string, body []byte) (out any, no *refusal, lost bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.asked[action]++
	h, ok := handlers[target]
	if !ok {
		return nil, refuse("UnknownOperationException", "there is no %s", target), false
	}
	if !strings.HasPrefix(target, organizationV) && !c.admit() {
		return nil, refuse("ThrottlingException", "Rate exceeded"), false
	}
	if c.Refuse[action] {
		return nil, &refusal{"AccessDeniedException", http.StatusForbidden, 0, "not authorized to perform " + action + "; token " + Session}, false
	}
	r := request{body: body}
	if f := c.fault; f != nil && slices.Contains(f.Actions, action) {
		c.fault = nil
		if f.Code != "" {
			return nil, &refusal{f.Code, max(f.Status, http.StatusBadRequest), f.RetryAfter, "spoiled"}, false
		}
		lost, r.stale, r.lie = f.Lose, f.Stale, f.Lie
	}
	out, no = h(c, r)
	if text, err := json.Marshal(out); no == nil && err == nil {
		out = json.RawMessage(text) // written down before anybody changes what it names
	}
	if f := c.After[action]; f != nil {
		f()
	}
	return out, no, lost
}

// admit counts the requests of the last second.
func (c *Cloud) admit() bool {
	from := c.Clock.Now().Add(-time.Second)
	c.window = slices.DeleteFunc(c.window, func(t time.Time) bool { return !t.After(from) })
	if c.Rate > 0 && len(c.window) >= c.Rate {
		c.refused++
		return false
	}
	c.window = append(c.window, c.Clock.Now())
	return true
}

// page cuts a list.
func page[T any](c *Cloud, all []T, token *string) (part []T, next *string) {
	from := 0
	if token != nil {
		from, _ = strconv.Atoi(*token)
	}
	from = min(from, len(all))
	to := min(from+c.Page, len(all))
	if to < len(all) {
		s := strconv.Itoa(to)
		next = &s
	}
	return all[from:to], next
}
