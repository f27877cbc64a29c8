package prompts

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	texttemplate "text/template"

	"github.com/sashabaranov/go-openai"
)

//go:embed summary propose
var files embed.FS

// template is one version of one prompt: what the model is told, how the input
// is laid out, and the schema of the answer.
type template struct {
	version string // the folder, such as "summary/v1"
	system  string
	user    *texttemplate.Template
	schema  json.RawMessage
}

func loadTemplate(version string) (*template, error) {
	read := func(name string) string {
		data, err := fs.ReadFile(files, path.Join(version, name))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(data))
	}
	t := &template{version: version, system: read("system.txt"), schema: json.RawMessage(read("schema.json"))}
	body := read("user.tmpl")
	if t.system == "" || body == "" || !json.Valid(t.schema) {
		return nil, fmt.Errorf("prompt %s: a file is missing or broken", version)
	}
	var err error
	numbers := texttemplate.FuncMap{"number": func(i int) int { return i + 1 }}
	if t.user, err = texttemplate.New(version).Funcs(numbers).Option("missingkey=error").Parse(body); err != nil {
		return nil, fmt.Errorf("prompt %s: %w", version, err)
	}
	return t, nil
}

// render fills the user's part with data.
func (t *template) render(data any) (string, error) {
	var b strings.Builder
	if err := t.user.Execute(&b, data); err != nil {
		return "", fmt.Errorf("prompt %s: %w", t.version, err)
	}
	return b.String(), nil
}

// maxAnswerTokens is more than the answer needs, so that a model which thinks
// aloud first still has room, and little enough to bound one call's cost.
const maxAnswerTokens = 1024

// request is what goes over the wire.
func (t *template) request(model, user string) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model: model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: t.system},
			{Role: openai.ChatMessageRoleUser, Content: user},
		},
		MaxCompletionTokens: maxAnswerTokens,
		ResponseFormat: &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
				Name:   strings.ReplaceAll(t.version, "/", "_"),
				Schema: t.schema,
				Strict: true,
			},
		},
	}
}

// estimate bounds the tokens of a call from above: no common tokenizer makes
// more than one token of two bytes of English on average.
func (t *template) estimate(user string) int {
	return (len(t.system)+len(user)+len(t.schema))/2 + maxAnswerTokens
}
