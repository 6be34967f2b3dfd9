# frozen_string_literal: true

require "json_schemer"

RSpec.describe LlmRouter, "accept: with a JSON Schema" do
  let(:schema) do
    { type: "object", required: %w[items currency],
      properties: { items: { type: "array", items: { type: "object", properties: { price: { type: "number" } } } },
                    currency: { enum: %w[EUR USD] } } }
  end

  # Why the first answer is refused; nil if it is accepted.
  def refusal_of(content, accept)
    gateway.answer("{}")
    gateway.answer(content, Support::PRIMARY)
    hop = ask(accept: accept).hops.first
    hop&.message
  rescue LlmRouter::Unacceptable => e
    e.hops.first.message
  end

  it "accepts an answer whose JSON is valid, whatever is written around it" do
    good = '{"items": [{"price": 1.5}], "currency": "EUR"}'
    expect(refusal_of(good, schema)).to be_nil
    expect(refusal_of("Here it is:\n```json\n#{good}\n```", schema)).to be_nil
  end

  it "does so where nothing else has loaded what json_schemer needs", :slow do
    gateway.answer("[1]", cost_usd: "0.01")
    program = <<~RUBY
      answer = ROUTER.call(messages: MESSAGES, accept: { type: "array" })
      print answer.parsed, defined?(JSONSchemer)
    RUBY
    expect(output_of_program(program)).to eq("[1]constant")
  end

  it "refuses another, with the place and the rule, and nothing of the answer" do
    {
      '{"items": [{"price": "eleven"}], "currency": "EUR"}' => "/items/0/price: is not a number",
      '{"items": {}, "currency": "EUR"}' => "/items: is not a list",
      '{"items": [], "currency": "DKK"}' => '/currency: is none of ["EUR","USD"]',
      '{"items": []}' => "the answer: lacks currency",
      "[1]" => "the answer: is not an object",
      "I cannot say." => "the answer of anthropic/claude-sonnet-4.5 is no JSON: there is no JSON object or list in it"
    }.each { |content, words| expect(refusal_of(content, schema)).to eq(words) }
    expect(log).not_to match(/eleven|DKK|cannot say/)
  end

  it "says what each rule demands" do
    {
      [{ pattern: "^a+$" }, "b"] => 'does not match "^a+$"', [{ format: "email" }, "b"] => 'is no "email"',
      [{ maximum: 3 }, 4] => "is above 3", [{ minimum: 3 }, 2] => "is below 3", [{ const: "x" }, "y"] => 'is not "x"',
      [{ exclusiveMaximum: 3 }, 3] => "is not below 3", [{ exclusiveMinimum: 3 }, 3] => "is not above 3",
      [{ multipleOf: 2 }, 3] => "is no multiple of 2", [{ maxLength: 1 }, "ab"] => "is longer than 1 characters",
      [{ minLength: 3 }, "ab"] => "is shorter than 3 characters", [{ maxItems: 1 }, [1, 2]] => "has more than 1 items",
      [{ minItems: 3 }, [1, 2]] => "has fewer than 3 items", [{ uniqueItems: true }, [1, 1]] => "has an item twice",
      [{ maxProperties: 0 }, { a: 1 }] => "has more than 0 keys", [{ minProperties: 1 }, {}] => "has fewer than 1 keys",
      [{ contains: { const: 1 } }, [2]] => "has no item of the kind that it must contain",
      [{ not: { type: "string" } }, "a"] => "is what it must not be",
      [{ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3] => "fits several of oneOf", [false, 1] => "is not allowed",
      [{ type: %w[string null] }, 1] => 'is none of ["string","null"]',
      [{ type: "integer" }, 1.5] => "is not an integer",
      [{ type: "boolean" }, 1] => "is not a boolean", [{ type: "null" }, 1] => "is not null"
    }.each do |(rule, value), words|
      said = refusal_of({ v: value }, { properties: { v: rule } })
      expect([rule, said]).to eq([rule, "/v: #{words}"])
    end
  end

  it "names no key that only the answer has" do
    answer = { "Erika Mustermann": { age: 47 } }
    by_name = { additionalProperties: { properties: { age: { type: "string" } } } }
    expect(refusal_of(answer, by_name)).to eq("/*/age: is not a string")
    expect(refusal_of(answer, { properties: { a: true }, additionalProperties: false })).to eq("/*: is not allowed")
  end

  it "cuts what it says" do
    expect(refusal_of('"b"', { enum: Array.new(500) { |n| "value #{n}" } }).size).to be <= 303
  end

  it "takes what response_format takes, with Symbols or Strings" do
    format = { type: "json_schema", json_schema: { name: "price", strict: true, schema: schema } }
    [format, JSON.parse(JSON.generate(format))].each do |accept|
      expect(refusal_of('{"items": []}', accept)).to eq("the answer: lacks currency")
    end
    expect(refusal_of("[]", { "type" => :object })).to eq("the answer: is not an object")
    expect(refusal_of('{"items": []}', format[:json_schema])).to eq("the answer: lacks currency")
    expect(refusal_of("[]", { type: "json_object" })).to eq("the answer: is not an object")
    expect(refusal_of('{"any": 1}', { type: :json_object })).to be_nil
  end

  it "takes true for any JSON" do
    expect(refusal_of("[1]", true)).to be_nil
    expect(refusal_of("Hm", true)).to include("is no JSON")
    referring = { "$ref" => "#/$defs/a", "$defs" => { "a" => { type: "string" } } }
    expect(refusal_of("[1]", referring)).to eq("the answer: is not a string")
  end

  it "takes the names of older drafts as people write them" do
    %w[http://json-schema.org/draft-04/schema https://json-schema.org/draft-07/schema#].each do |draft|
      low = { "$schema" => draft, properties: { v: { minimum: 3 } } }
      expect(refusal_of('{"v": 2}', low)).to eq("/v: is below 3")
    end
    draft4 = { "$schema" => "http://json-schema.org/draft-04/schema#",
               properties: { v: { minimum: 3, exclusiveMinimum: true } } }
    expect(refusal_of('{"v": 3}', draft4)).to eq("/v: is not above 3")
  end

  it "takes references to its own parts: by place, by name, and back to a part that holds them" do
    {
      { properties: { v: { "$ref": "#/definitions/a~1b%20c" } }, definitions: { "a/b c" => { type: "string" } } } =>
        "/v: is not a string",
      { "$id": "http://x.test/root", properties: { v: { "$ref": "part" } },
        definitions: { a: { "$id": "part", type: "string" } } } => "/v: is not a string",
      { "$id": "http://x.test/root", properties: { v: { "$ref": "root#/definitions/a" } },
        definitions: { a: { type: "string" } } } => "/v: is not a string",
      { properties: { v: { "$ref": "#part" } }, definitions: { a: { "$id": "#part", type: "string" } } } =>
        "/v: is not a string",
      { type: "object", properties: { v: { "$ref": "#" } } } => "/v: is not an object"
    }.each { |accept, words| expect([accept, refusal_of('{"v": 1}', accept)]).to eq([accept, words]) }
  end

  it "judges all answers of call_all by one" do
    gateway.answer("{}")
    one = { messages: Support::MESSAGES }
    results = router.call_all([one, one, { **one, accept: true }], accept: schema)
    expect(results.map(&:class)).to eq([LlmRouter::Unacceptable, LlmRouter::Unacceptable, LlmRouter::Response])
    expect { router.call_all([{ messages: Support::MESSAGES, accept: { type: "nix" } }]) }
      .to raise_error(ArgumentError, /requests\[0\]: accept: this is no JSON Schema/)
  end

  describe "that is none" do
    it "is refused before anything is spent" do
      {
        { type: "strin" } => %r{/type is "strin"},
        { properties: { a: { type: "object", required: "b" } } } => %r{/properties/a/required is "b"},
        { items: { minLength: -1 } } => %r{/items/minLength is -1},
        { properties: [] } => %r{/properties is \[\]},
        { anyOf: [] } => %r{/anyOf is \[\]},
        { additionalProperties: 7 } => %r{/additionalProperties is 7},
        { properties: { a: { pattern: "(" } } } => %r{/properties/a has \{"pattern":"\("\}},
        { patternProperties: { "[" => true } } => /has \{"patternProperties"/,
        { "$ref" => "#/$defs/a" } => %r{/\$ref is "#/\$defs/a", which is not in it: put it under definitions},
        { "$ref" => "https://example.com/other.json" } => /which is not in it/,
        { "$id": "http://x.test/a", properties: { b: { "$ref": "c.json" } } } =>
          %r{/properties/b/\$ref is "c.json", which is not in it},
        { "$id": "file:///x", items: { "$ref": "file:///etc/passwd" } } => /which is not in it/,
        { "$ref": "#a", definitions: { b: { "$id": "#b" } } } => /which is not in it/,
        { "$ref": "#" } => %r{/\$ref is "#", which leads back to itself},
        { definitions: { x: { allOf: [{ "$ref": "#/definitions/x" }] } }, items: { "$ref": "#/definitions/x" } } =>
          /which leads back to itself/,
        { response_format: { type: "json_object" } } => /none of its keys is a rule: response_format/,
        { proprties: { a: true } } => /none of its keys is a rule: proprties/,
        { type: "text" } => %r{/type is "text"},
        { type: "json_schema", json_schema: { name: "a" } } => /this is no JSON Schema:  is null/,
        { minimum: Float::NAN } => /the schema is no JSON/,
        { "$schema" => "https://example.com/draft-99" } => /json_schemer \S+ cannot use this schema/
      }.each { |accept, words| expect { ask(accept: accept) }.to raise_error(ArgumentError, words) }
      expect([gateway.requests, budget.checks]).to eq([[], 0])
    end

    it "is no fault where a property has the name of a rule, or a value looks like one" do
      odd = { properties: { pattern: { type: "string" }, "$ref": { type: "integer" }, required: true, enum: true },
              enum: [{ "pattern" => "(", "$ref" => "#/nowhere", "type" => "nix" }] }
      expect(refusal_of({ pattern: "(", "$ref": "#/nowhere", type: "nix" }, odd)).to eq("/$ref: is not an integer")
    end
  end

  it "says what to install where json_schemer is missing" do
    allow_any_instance_of(LlmRouter::AcceptedSchema).to receive(:require).and_raise(LoadError)
    error = failure_of { ask(accept: { type: "object" }) }
    expect(error).to be_a(LlmRouter::ConfigurationError)
    expect(error.message).to include('add gem "json_schemer" to the Gemfile, or give a lambda')
  end
end
