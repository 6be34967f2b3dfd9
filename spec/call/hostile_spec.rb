# frozen_string_literal: true

# Malicious answers: each is a hop, the next model answers, and the memory is bounded.
RSpec.describe LlmRouter, "and hostile answers" do
  limit = 32 * 1024 * 1024
  good = %({"choices":[{"message":{"content":"Hi"}}],"usage":{"cost":0.5}})
  unread = %({"choices":[{"message":{"content":"Hi"}}],"x":)
  answer = Support::LargeAnswerServer::Body
  full = ->(*parts) { answer.full(limit, *parts) }
  many = ->(start, unit, finish = "") { answer.new(start:, unit:, times: 10_000_000, finish:) }

  # 1 GB of blanks in 1 MB, as gzip packs them: a table for the codes, and then 0 bits, each pair of which says
  # "the last 258 bytes once more".
  packed = [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 42, 235, 159, 210, 26, 30, 64, 1]
  bomb = answer.new(start: packed.pack("C*"), unit: "\0", times: 1_040_448,
                    headers: "Content-Encoding: gzip\r\n")

  hostile = {
    "a bomb of 1 GB in 1 MB" => bomb,
    "200 levels" => answer.new(start: "#{unread}#{'[' * 200}#{']' * 200}}"),
    "10 million levels" => many[unread, "["],
    "10 million choices" => many[%({"choices":[), "{},", "{}]}"],
    "10 million parts" => many[%({"choices":[{"message":{"content":[), "{},", "{}]}}]}"],
    "10 million numbers in an ignored field" => many["#{unread}[", "0,", "0]}"],
    "no UTF-8" => full[%({"choices":[{"message":{"content":"), "\xff", %("}}]})],
    "a cost of 33 million digits" => full[%({"choices":[{"message":{"content":"Hi"}}],"usage":{"cost":), "9", "}}"],
    "a long text that breaks off" => full[%({"choices":[{"message":{"content":"\\ud83d\\n), "x", ""],
    "an error of many words" => full[%({"error":{"code":503,"message":"), "a\\n", %("}})]
  }.freeze

  caller_of = <<~'RUBY'
    require "llm_router"
    router = nil
    peak = -> { File.read("/proc/self/status")[/VmHWM:\s+(\d+)/, 1].to_i * 1024 }
    LlmRouter.configure do |config|
      config.base_url = ARGV.shift
      config.api_key = "test-key"
      config.logger = nil
      config.same_vendor = :allow
      config.deadline = nil
      config.timeout = 100
    end
    ask = lambda do |model|
      LlmRouter.new(chain: [model, "good"], budget: LlmRouter::Unlimited).call(messages: [{ role: "user", content: "Hi" }])
    end
    ask["good"]
    before = peak.call
  RUBY

  def served(bodies)
    server = Support::LargeAnswerServer.new(bodies)
    yield server.base_url
  ensure
    server&.stop
  end

  it "falls back, within less than four times the memory of the largest answer", :slow do
    bodies = hostile.merge("good" => answer.new(start: good))
    output = served(bodies) { |url| output_of(<<~RUBY, url, *hostile.keys) }
      #{caller_of}
      ARGV.each do |model|
        draft = ask[model]
        hop = draft.hops.first
        puts [model, draft.content, hop&.reason, hop.message.size < 400, peak.call - before].join("|")
      end
    RUBY
    output = output.lines.map { |line| line.chomp.split("|") }
    expect(output.map { |model, *rest| [model, *rest.first(3)] })
      .to eq(hostile.keys.map { |model| [model, "Hi", model.include?("error") ? "unavailable" : "bad_answer", "true"] })
    output.each { |model, *, grown| expect(grown.to_i).to be < 4 * limit, "#{model}: #{grown.to_i / 1024} kB" }
  end

  it "reads a good answer that is as large and as deep as it may be", :slow do
    large = full[%({"choices":[{"message":{"content":"\\n), "x", %("}}]})]
    deep = answer.new(start: "#{unread}#{'[' * 99}#{']' * 99}}")
    bodies = { "good" => answer.new(start: good), "large" => large, "deep" => deep }
    output = served(bodies) { |url| output_of(<<~RUBY, url) }
      #{caller_of}
      20.times { ask["large"] }
      read = peak.call - before
      draft = ask["large"]
      p [read, draft.content.bytesize, draft.raw.dig("choices", 0, "message", "content") == draft.content,
         ask["deep"].raw.fetch("x").flatten, ask["large"].hops + ask["deep"].hops]
    RUBY
    read, size, *rest = JSON.parse(output)
    expect(rest).to eq([true, [], []])
    expect(size).to be > limit - 100
    # Each holds its JSON and its text, and the GC has to know their size to collect them in time.
    expect(read).to be < 16 * limit
  end

  it "does not let the name of a model forge a line of the log, or show the key" do
    ["a/b\nERROR -- : forged", "a/test-key"].each do |name|
      gateway.answer("Hi", model: name, id: name, cost_usd: nil, times: 1)
      expect(ask).to have_attributes(model: Support::PRIMARY, id: nil)
    end
    expect(log.lines).to all(match(/WARN.*#{Support::PRIMARY} at openrouter answered without a usage.cost/))
  end

  describe "with a bill" do
    before do
      gateway.answer("Hi", Support::SECONDARY, cost_usd: "0")
      configure(price_ttl: nil)
    end

    text = %("choices":[{"message":{"content":"Hi"}}])

    {
      "usage twice" => %({"usage":{"cost":0.1},#{text},"usage":{"cost":0.2}}),
      "a cost twice" => %({#{text},"usage":{"cost":0.1,"cost":0.2}}),
      "a cost twice, once in disguise" => %({#{text},"usage":{"cost":0.1,"c\\u006fst":0.2}}),
      "a flag twice that decides on the cost" =>
        %({#{text},"usage":{"cost":0.1,"is_byok":true,"is_byok":false,"cost_details":{"upstream_inference_cost":1}}}),
      "a cost of 4,000 digits" => %({#{text},"usage":{"cost":#{'9' * 4000}}}),
      "a cost of 4,000 decimals" => %({#{text},"usage":{"cost":0.#{'1' * 4000}}}),
      "a cost of an absurd size" => %({#{text},"usage":{"cost":1e21}}),
      "a cost with an absurd exponent" => %({#{text},"usage":{"cost":1e999999999}}),
      "a cost of 200 levels" => %({#{text},"usage":{"cost":#{'[' * 200}#{']' * 200}}})
    }.each do |name, body|
      it "charges nothing for #{name}, and does not take it for free" do
        @budget = Support::ReservingBudget.new(cap: "10")
        gateway.raw(Support::PRIMARY, body:, times: 1)
        draft = ask
        expect(draft.model).to eq(Support::SECONDARY)
        expect(draft.hops.map { |hop| [hop.reason, hop.cost_usd] }).to eq([[:bad_answer, nil]])
        # It keeps the estimate: the answer may be billed all the same.
        expect(budget.spent_usd).to eq(LlmRouter.config.reserve_usd)
      end
    end

    it "charges the one bill of an answer that is there twice" do
      @budget = Support::ReservingBudget.new(cap: "10")
      gateway.raw(Support::PRIMARY, body: %({#{text},"usage":{"cost":0.1},#{text}}), times: 1)
      expect(ask.hops.map { |hop| [hop.reason, hop.cost_usd] }).to eq([[:bad_answer, BigDecimal("0.1")]])
      expect(budget.spent_usd).to eq(BigDecimal("0.1"))
    end
  end
end
