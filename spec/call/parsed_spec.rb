# frozen_string_literal: true

RSpec.describe LlmRouter::Response, "#parsed" do
  def parsed(content, **details)
    gateway.answer(content, **details)
    ask.parsed
  end

  it "is the JSON of an answer, whatever the model wrote around it" do
    expect(parsed('{"a": [1, 2.5, null, true, "é"]}')).to eq("a" => [1, 2.5, nil, true, "é"])
    expect(parsed("```json\n{\"a\": 1}\n```")).to eq("a" => 1)
    expect(parsed("```\n[1, 2]\n```\nIs that [all]?")).to eq([1, 2])
    expect(parsed("Sure! As [you] asked, {so}:\n\n{\"a\": \"``` } {\"}\n\nAnything else?")).to eq("a" => "``` } {")
    expect(parsed("42")).to eq(42)
    expect(parsed("null")).to be_nil
  end

  it "is all of a fence, if there is one" do
    expect(parsed("With {\"type\": \"x\"} in mind:\n~~~JSON\n{\"a\": 1}\n~~~\n")).to eq("a" => 1)
    expect(parsed("```ruby\nputs [1]\n```\n```json\n{\"a\": 1}\n```\n```json\n{}\n```")).to eq("a" => 1)
    expect(parsed("```json\n\"yes\"\n```")).to eq("yes")
  end

  it "is nothing that the model thinks aloud before it" do
    expect(parsed("<think>Maybe {\"a\": 0}?</think>\n{\"a\": 1}")).to eq("a" => 1)
    expect(parsed("Maybe:\n```json\n{\"a\": 0}\n```\n</think>\n\n```json\n{\"a\": 1}\n```")).to eq("a" => 1)
    expect { parsed("<think>Maybe {\"a\": 0}", finish_reason: "length") }.to raise_error(LlmRouter::NoJson)
  end

  it "is no footnote and no box to tick, unless there is nothing else" do
    expect(parsed("As [1] and [[2]] say, - [ ] and {}: {\"price\": 3} [3]")).to eq("price" => 3)
    expect(parsed("The numbers: [1, 2]. [3]")).to eq([1, 2])
  end

  it "is never a part of an answer that was cut off, or that is broken" do
    [
      '{"items": [{"price": 1}], "currency": "EU', "[\n{\"a\": 1},\n{\"a\": 2},", '{"a": ["b"], "c" 2}',
      '{"a": NaN, "b": {"c": "d"}}', "```json\n{\"a\": {\"b\": \"c\"},\n```"
    ].each { |content| expect { parsed(content) }.to raise_error(LlmRouter::NoJson), content }
  end

  it "has the last value of a key that is there twice, and so has #raw" do
    body = '{"x": {"y": 1, "y": 2}, "choices": [{"finish_reason": "stop", "message": ' \
           '{"content": "{\\"a\\": 1, \\"a\\": 2}"}}]}'
    gateway.respond { [200, { "content-type" => "application/json" }, body] }
    draft = ask
    expect([draft.parsed, draft.raw["x"], draft.tool_calls]).to eq([{ "a" => 2 }, { "y" => 2 }, []])
  end

  it "is frozen, and parsed once" do
    gateway.answer('{"a": {"b": "c"}}')
    draft = ask
    expect(draft.parsed).to be(draft.parsed)
    expect([draft.parsed, draft.parsed["a"], draft.parsed["a"]["b"]]).to all(be_frozen)
  end

  it "says where it breaks, and quotes nothing" do
    {
      "I would rather not say." => "there is no JSON object or list in it",
      "Here:\n{\"secret\": 1,\n \"other\" 2}" => "its JSON breaks at line 3, column 10",
      '{"secret": "hal' => "it ends before its JSON does, at line 1, column 15",
      "#{'[' * 150}#{']' * 150}" => "has it more than 100 levels?"
    }.each do |content, fault|
      expect { parsed(content) }.to raise_error(LlmRouter::NoJson) { |error|
        expect(error.message).to include(fault, "anthropic/claude-sonnet-4.5")
        expect(error.full_message).not_to match(/secret|rather|hal"/)
      }
    end
  end

  it "says that an answer was cut off, or that the model called tools" do
    expect { parsed('{"a": [1', finish_reason: "length") }.to raise_error(LlmRouter::NoJson, /raise max_tokens/)
    tools = [{ "id" => "1", "type" => "function", "function" => { "name" => "f", "arguments" => "{}" } }]
    expect { parsed(nil, tool_calls: tools) }.to raise_error(LlmRouter::NoJson, /wrote no text: it called tools/)
  end
end
