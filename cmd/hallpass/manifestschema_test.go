package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// slackSchema compiles Slack's own schema of app manifests, where the folder
// with Slack's reference is.
func slackSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir := os.Getenv("HALLPASS_SLACK_REFERENCE")
	if dir == "" {
		t.Skip("HALLPASS_SLACK_REFERENCE does not name the folder with Slack's reference, so the manifest is not held against Slack's schema")
	}
	file, err := os.Open(filepath.Join(dir, "manifest", "manifest.schema.json")) // #nosec G703 -- the operator's own environment
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.UseRegexpEngine(pattern)
	if err := c.AddResource("manifest.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// pattern compiles a pattern of the schema. Go has no look-ahead, which two of
// them use, for domains that our manifest does not name: nothing matches those.
func pattern(s string) (jsonschema.Regexp, error) {
	re, err := regexp.Compile(s)
	if err != nil {
		re = regexp.MustCompile(`[^\s\S]`)
	}
	return re, nil
}

// fits reports why a manifest in YAML does not fit the schema.
func fits(t *testing.T, schema *jsonschema.Schema, manifest []byte) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(manifest, &v); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

func TestManifestFitsSlacksSchema(t *testing.T) {
	t.Parallel()
	schema := slackSchema(t)
	manifest, err := os.ReadFile(filepath.Join("..", "..", "deploy", "slack-manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := fits(t, schema, manifest); err != nil {
		t.Errorf("Slack would refuse the manifest: %v", err)
	}
	// The schema must be one that can object.
	for name, broken := range map[string][]byte{
		"an unknown key": append(bytes.Clone(manifest), "\nsetings: {}\n"...),
		"no name":        bytes.Replace(manifest, []byte("display_information:"), []byte("_metadata2:"), 1),
		"a wrong type":   bytes.Replace(manifest, []byte("socket_mode_enabled: true"), []byte("socket_mode_enabled: often"), 1),
	} {
		if fits(t, schema, broken) == nil {
			t.Errorf("%s passes", name)
		}
	}
}
