# frozen_string_literal: true

# Bad input is refused before a budget or the network is touched.
RSpec.describe LlmRouter, "and bad input" do
  cyclic = []
  cyclic << cyclic
  deep = (1..200).reduce("bottom") { |inner, _| [inner] }
  user = ->(content) { [{ role: "user", content: content }] }

  {
    "no messages" => [[], {}, /at least one Hash/],
    "nil" => [nil, {}, /at least one Hash/],
    "a String for messages" => ["Hi", {}, /at least one Hash/],
    "a message that is no Hash" => [["Hi"], {}, /messages\[0\] is a String, not a Hash/],
    "a message without a role" => [[{ role: "user", content: "" }, { content: "Hi" }], {}, /messages\[1\] has no role/],
    "invalid UTF-8" => [user.call("a\xFF"), {}, /messages\[0\]\[:content\] .*not valid UTF-8; String#scrub/],
    "binary that is no UTF-8" => [user.call("\xFF".b), {}, /not valid UTF-8/],
    "an object" => [user.call(Object.new), {}, /messages\[0\]\[:content\] .*of class Object/],
    "a key that is no name" => [[{ role: "user", 1 => 2 }], {}, /messages\[0\] .*a key of class Integer/],
    "a cyclic structure" => [user.call(cyclic), {}, /nested deeper than 100 levels; does it contain itself/],
    "a structure 200 deep" => [user.call(deep), {}, /nested deeper than 100 levels/],
    "NaN" => [user.call("Hi"), { temperature: Float::NAN }, /temperature .*NaN is no JSON number/],
    "infinity" => [user.call("Hi"), { provider: { sort: [-1 / 0.0] } }, /provider\[:sort\]\[0\] .*-inf is no JSON/],
    "a decimal NaN" => [user.call("Hi"), { temperature: BigDecimal("NaN") }, /NaN is no JSON number/],
    "a Time" => [user.call("Hi"), { metadata: { at: Time.at(0) } }, /metadata\[:at\] .*of class Time/],
    "model" => [user.call("Hi"), { model: "a/b" }, /model cannot be given: the chain names the models/],
    "models" => [user.call("Hi"), { models: ["a/b"] }, /models cannot be given/],
    "stream" => [user.call("Hi"), { stream: true }, /streaming is not supported/],
    "stream in another encoding" => [user.call("Hi"), { "stream".encode("UTF-16LE") => true }, /streaming is not/],
    "stream as a String" => [user.call("Hi"), { "stream" => true }, /streaming is not supported/]
  }.each do |what, (messages, options, message)|
    it "refuses #{what}" do
      expect { router.call(messages: messages, **options) }.to raise_error(ArgumentError, message)
      expect(budget.checks).to eq(0)
      expect(gateway.requests).to be_empty
    end
  end

  it "sends text in other encodings as UTF-8, and bytes that are UTF-8 as they are" do
    gateway.answer("Hi")
    texts = ["é".encode("ISO-8859-1"), "é".b, :é, "日本".encode("UTF-16LE"), "\u0000\"\\\n"]
    router.call(messages: texts.map { |text| { "role" => :user, content: text } }, a: BigDecimal("0.10"), b: 2**80)
    sent = gateway.requests.first.body
    expect(sent["messages"].map { |message| message["content"] }).to eq(["é", "é", "é", "日本", "\u0000\"\\\n"])
    expect(sent).to include("a" => 0.1, "b" => 2**80)
  end

  it "sends 40 levels of a schema" do
    gateway.answer("Hi")
    schema = (1..40).reduce({ type: "string" }) { |inner, _| { type: "object", properties: { inner: inner } } }
    ask(response_format: schema)
    expect(gateway.requests.first.body["response_format"]).to eq(JSON.parse(JSON.generate(schema)))
  end
end
