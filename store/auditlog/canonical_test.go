package auditlog_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

func TestCanonicalWritesOneForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{ "b" : 1, "a" : [ true , null , -7 ] }`:       `{"a":[true,null,-7],"b":1}`,
		`{"a":"\u003c\u2028\u00e9\/"}`:                  "{\"a\":\"<\u2028é/\"}",
		`"\b\t\n\f\r\u0001\u001f\"\\"`:                  `"\b\t\n\f\r\u0001\u001f\"\\"`,
		`{"\ue000":1,"\ud83d\ude00":2,"z":3}`:           "{\"z\":3,\"\U0001f600\":2,\"\ue000\":1}", // by UTF-16 code units
		`{"":{},"x":[]}`:                                `{"":{},"x":[]}`,
		`9007199254740991`:                              `9007199254740991`,
		`{"10":0,"1":0,"a":{"d":"\u0041","c":[{}, 1]}}`: `{"1":0,"10":0,"a":{"c":[{},1],"d":"A"}}`,
	} {
		got, err := auditlog.Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestCanonicalRefusesWhatOthersReadDifferently(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":1,"a":2}`:      "twice",
		`{"a":1,"\u0061":2}`: "twice",
		`1.5`:                "no integer",
		`1e3`:                "no integer",
		`-0`:                 "no integer",
		`9007199254740992`:   "no integer",
		`{"a":`:              "not JSON",
		"\"\xff\"":           "UTF-8",
		``:                   "not JSON",
		strings.Repeat("[", 40) + strings.Repeat("]", 40): "deeper",
	} {
		got, err := auditlog.Canonical([]byte(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v; want an error with %q", in, got, err, want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b":[1,{"a":"\u2028"}],"a":null}`, `"\ud800"`, `[[],{},"",0]`, `{"a":1,"a":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := auditlog.Canonical(in)
		if err != nil {
			return
		}
		again, err := auditlog.Canonical(out)
		if err != nil || string(again) != string(out) {
			t.Fatalf("%q becomes %q and then %q, %v", in, out, again, err)
		}
		var a, b any
		if json.Unmarshal(in, &a) != nil || json.Unmarshal(out, &b) != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q and %q are not the same: %s", in, out, cmp.Diff(a, b))
		}
	})
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"}"}],"c":"x\"y","d":-1}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"a":}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got := map[string]string{}
		err := auditlog.Members(in, func(name, value []byte) { got[string(name)] = string(value) })
		canonical, broken := auditlog.Canonical(in)
		if broken != nil || string(canonical) != string(in) || len(in) == 0 || in[0] != '{' {
			return // only what the log writes must be read right; the rest must not crash
		}
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(in, &want); err != nil {
			t.Fatal(err)
		}
		if len(want) != len(got) {
			t.Fatalf("%q has %d members, and %d were visited", in, len(want), len(got))
		}
	})
}
