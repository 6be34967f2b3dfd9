# frozen_string_literal: true

require_relative "../budget/budget_helper"
require "llm_router/notifications"

# A token of the prompt costs 0.001 dollars here, one of the answer 0.01: 12 and 8 of them are 0.092 dollars.
RSpec.describe "A bill that cannot be read" do
  usage = { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 }
  computed = BigDecimal("0.092")

  def configure_prices(**settings)
    configure(price_ttl: nil, **settings) do |config|
      Support::CHAIN.each { |model| config.price model, prompt: "0.001", completion: "0.01" }
      yield config if block_given?
    end
  end

  # JSON as it is, for there is much that `gateway.answer` refuses to say.
  def bill(cost, usage: nil, details: nil, failed: nil, **more)
    usage = (usage || { prompt_tokens: 12, completion_tokens: 8 }).to_json[1..-2]
    choices = failed || %("choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}])
    body = [choices, %("usage":{#{[usage, ("\"cost\":#{cost}" if cost), details].compact.reject(&:empty?).join(',')}})]
    gateway.raw(*more.delete(:model), body: "{#{body.join(',')}}", **more)
  end

  def events(name, &)
    payloads = []
    listener = ->(*, payload) { payloads << payload.slice(:cost_usd, :cost_basis) }
    ActiveSupport::Notifications.subscribed(listener, "#{name}.llm_router", &)
    payloads
  end

  unreadable = [nil, "null", '"free"', "true", "false", "-0.5", "[]", "[0.1]", "{}", '{"total":1}', '""', '"NaN"',
                "NaN", '{"total_cost":null}', '"Infinity"', '"0.5 USD"', '"1,5"']

  describe "with a budget of two methods" do
    unreadable.each do |cost|
      it "charges the tokens at the price for a cost of #{cost || 'no word'}" do
        configure_prices
        bill(cost)
        answer = nil
        payloads = events("call") { answer = ask }
        expect(answer).to have_attributes(cost_usd: computed, cost_basis: :computed, content: "Hi")
        expect(budget.charges).to eq([computed])
        expect(payloads).to eq([{ cost_usd: computed, cost_basis: :computed }])
        expect(log).not_to include("WARN")
      end
    end

    it "charges the last digit of it, and the price per request" do
      configure(price_ttl: nil) do |config|
        config.price Support::PRIMARY, prompt: "1e-29", completion: "0.0000021", request: "0.1"
      end
      bill("null")
      expect(ask.cost_usd).to eq(BigDecimal("0.10001680000000000000000000012"))
    end

    it "takes the price from the chain first, and from OpenRouter last" do
      bill("null")
      gateway.price(Support::PRIMARY, prompt: "0.5", completion: "0.5")
      configure
      expect(ask.cost_usd).to eq(10)
      rung = { model: Support::PRIMARY, price: { prompt: "1", completion: "0" } }
      answer = LlmRouter.new(chain: [rung], budget: budget).call(messages: Support::MESSAGES)
      expect(answer).to have_attributes(cost_usd: 12, cost_basis: :computed)
      expect(budget.charges).to eq([10, 12])
    end

    it "looks a price up at OpenRouter only where a bill is missing" do
      gateway.answer("Hi", cost_usd: "0.1")
      gateway.price(Support::PRIMARY, prompt: "0.5", completion: "0.5")
      expect(ask).to have_attributes(cost_usd: BigDecimal("0.1"), cost_basis: :billed)
      expect(gateway.lookups).to be_empty
    end

    it "charges nothing where no price is known, and warns" do
      bill('"free"')
      expect(ask).to have_attributes(cost_usd: nil, cost_basis: nil)
      expect(budget.charges).to be_empty
      expect(log).to match(/WARN.*answered without a usage.cost: nothing is charged/)
    end

    it "charges failed attempts, too" do
      configure_prices
      gateway.answer("Hi", cost_usd: "0.5")
      bill("null", model: Support::PRIMARY, failed: '"choices":[]')
      bill('"free"', model: Support::SECONDARY, status: 503, failed: '"error":{"code":503,"message":"no luck"}')
      hops = nil
      payloads = events("attempt") { hops = ask.hops }
      expect(hops.map { |hop| [hop.cost_usd, hop.cost_basis] }).to eq([[computed, :computed]] * 2)
      expect(budget.charges).to eq([computed, computed, BigDecimal("0.5")])
      expect(payloads.map { |payload| payload[:cost_basis] }).to eq(%i[computed computed billed])
    end

    it "charges nothing for a failed attempt without a token that ended blank or with an error" do
      configure_prices
      gateway.answer("Hi", cost_usd: "0.5")
      none = { prompt_tokens: 12, completion_tokens: 0 }
      silent = '"choices":[{"message":{"content":""},"finish_reason":"error"}]'
      bill(nil, model: Support::PRIMARY, usage: none, failed: '"error":{"code":502}')
      bill(nil, model: Support::SECONDARY, usage: none, failed: silent)
      expect(ask.hops.map(&:cost_usd)).to eq([nil, nil])
      expect(budget.charges).to eq([BigDecimal("0.5")])
    end

    it "charges each of many calls" do
      configure_prices
      bill("true")
      answers = router.call_all(Array.new(3) { { messages: Support::MESSAGES } })
      expect(answers.map(&:cost_basis)).to eq(%i[computed] * 3)
      expect(budget.charges).to eq([computed] * 3)
    end

    it "leaves the computed cost to ChargeFailed where the budget cannot be charged" do
      configure_prices
      bill(nil)
      def budget.charge!(*) = raise(IOError, "gone")
      error = failure_of { ask }
      expect(error).to be_a(LlmRouter::ChargeFailed).and have_attributes(cost_usd: computed)
      expect([error.response.cost_basis, error.attempt.cost_basis]).to eq(%i[computed computed])
    end

    it "charges nothing where it has none on purpose, and says what it came to" do
      configure_prices
      bill(nil)
      answer = LlmRouter.new(budget: LlmRouter::Unlimited).call(messages: Support::MESSAGES)
      expect(answer).to have_attributes(cost_usd: computed, cost_basis: :computed)
    end
  end

  describe "whose tokens" do
    {
      "are the total's where one part is missing" => [{ prompt_tokens: 12, total_tokens: 20 }, "0.092"],
      "are the total's where the other is" => [{ completion_tokens: 8, total_tokens: 20 }, "0.092"],
      "are more in the total, which counts thinking" => [{ **usage, total_tokens: 120 }, "1.092"],
      "are less in the total" => [{ **usage, total_tokens: 1 }, "0.092"],
      "are not known where there is a total alone" => [{ total_tokens: 20 }, nil],
      "are not known where one part is missing" => [{ prompt_tokens: 12 }, nil],
      "are not known where they are none" => [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, nil],
      "are not known where they are no numbers" => [{ prompt_tokens: "many", completion_tokens: -8 }, nil],
      "come to more than there is" => [{ prompt_tokens: 10**14, completion_tokens: 10**18 }, "absurd"]
    }.each do |name, (tokens, usd)|
      it name do
        configure_prices do |config|
          config.price(Support::PRIMARY, prompt: "1000000000", completion: "1000000000") if usd == "absurd"
        end
        bill(nil, usage: tokens)
        usd = nil if usd == "absurd"
        expect(ask).to have_attributes(cost_usd: usd && BigDecimal(usd), cost_basis: (:computed if usd))
      end
    end
  end

  describe "with a budget that reserves" do
    def budget
      @budget ||= Support::ReservingBudget.new(cap: "10")
    end

    it "settles with the tokens at the price that was reserved" do
      configure_prices
      bill('"free"')
      expect(ask(max_tokens: 50).cost_basis).to eq(:computed)
      expect([budget.spent_usd, budget.reserved_usd]).to eq([computed, 0])
    end

    it "charges what was reserved where tokens or price are not known, or not, as configured" do
      { charge_estimate: ["0.25", :estimated], release: [nil, nil] }.each do |policy, (usd, basis)|
        configure(price_ttl: nil, on_uncertain: policy)
        bill('"free"')
        usd &&= BigDecimal(usd)
        payloads = events("call") { expect(ask).to have_attributes(cost_usd: usd, cost_basis: basis) }
        expect(payloads).to eq([{ cost_usd: usd, cost_basis: basis }])
      end
      expect([budget.spent_usd, budget.reserved_usd]).to eq([BigDecimal("0.25"), 0])
      expect(log).to match(/WARN.*without a usage.cost: 0.25 USD, which were reserved, are charged/)
    end

    it "charges what was reserved for an answer without a word of its usage" do
      configure_prices
      gateway.raw(body: '{"choices":[{"message":{"content":"Hi"}}]}')
      reserved = ask(max_tokens: 50).cost_usd
      expect(budget.operations.map(&:first)).to eq(%i[reserve settle])
      expect(reserved).to be > BigDecimal("0.5")
      expect([budget.spent_usd, budget.operations.first[1]]).to eq([reserved, reserved])
    end

    it "charges a failed attempt its tokens, and what was reserved where they are not known" do
      configure_prices
      gateway.answer("Hi", cost_usd: "0")
      bill(nil, model: Support::PRIMARY, failed: '"choices":[]')
      bill('"free"', model: Support::SECONDARY, usage: {}, failed: '"choices":[]')
      expect(ask(max_tokens: 50).hops.map(&:cost_basis)).to eq([:computed, nil])
      reserved = budget.operations.filter_map { |kind, usd,| usd if kind == :reserve }
      expect([budget.spent_usd, budget.reserved_usd]).to eq([computed + reserved[1], 0])
    end

    it "charges two-method budgets beside it the same" do
      configure_prices
      plain = Support::ChargingBudget.new
      bill("true")
      LlmRouter.new(budget: [plain, budget]).call(messages: Support::MESSAGES, max_tokens: 50)
      expect([plain.charges, budget.spent_usd]).to eq([[computed], computed])
    end

    it "keeps what was reserved where a gateway reports a timeout" do
      configure(price_ttl: nil, cooldown_after: nil)
      gateway.answer("Hi", cost_usd: "0")
      ways = [{ status: 408 }, { status: 504 }, { status: 524 }, { status: 502, body: "upstream request timeout" },
              { status: 502, metadata: { error_type: "timeout" } }, { status: 503, message: "The origin timed out" }]
      ways.each do |how|
        gateway.fail(Support::PRIMARY, times: 1, **how)
        expect { ask }.to change(budget, :spent_usd).by(BigDecimal("0.25")), how.to_s
      end
      gateway.fail(Support::PRIMARY, times: 1, status: 502)
      expect { ask }.not_to change(budget, :spent_usd)
    end
  end

  Databases::NAMES.each do |database|
    describe "with a row on #{database}", database: database do
      let(:row) { model.for(organization).tap { |row| row.update!(cap_usd: "10") } }

      def charges
        row.charges.order(:id).map { |charge| [charge.kind, charge.cost_usd, charge.completion_tokens] }
      end

      it "keeps in the ledger how the cost is known" do
        @budget = row
        configure_prices
        gateway.answer("Hi", cost_usd: "0.1", times: 1)
        ask(max_tokens: 50)
        bill('"free"', times: 1)
        ask(max_tokens: 50)
        bill('"free"', usage: {}, times: 1)
        estimate = ask(max_tokens: 50).cost_usd
        expect(charges).to eq([["cost", BigDecimal("0.1"), 8], ["computed", computed, 8], ["estimate", estimate, nil]])
        expect(row.reload.spent_usd).to eq(BigDecimal("0.192") + estimate)
        expect(row.reserved_usd).to eq(0)
      end

      it "corrects an estimate where the endpoint comes to know the cost, once" do
        attempt = LlmRouter::Attempt.new(model: "a/b", endpoint: "openrouter", cost_basis: :estimated)
        reservation = row.reserve!("0.5", key: "k", attempt: attempt)
        2.times { row.settle!(reservation, "0.5", attempt: attempt) }
        2.times { row.charge!("0.2", attempt: attempt.with(cost_basis: nil)) }
        expect(charges.map { |kind, usd,| [kind, usd.to_s("F")] }).to eq([%w[estimate 0.5], %w[correction -0.3]])
        expect(row.reload.spent_usd).to eq(BigDecimal("0.2"))
      end
    end
  end
end
