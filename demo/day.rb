# frozen_string_literal: true

require "active_record"
require "active_support/testing/time_helpers"
require "llm_router"
require "llm_router/testing/gateway"

# Plays a day of calls in less than a minute: real calls over loopback, for several features, with budgets, a few bad
# requests, an outage of one vendor, and the switches that a person on call sets. Their times are moved into the day.
# The tables must be there, and the recorder must not have run before.
#
# @example
#   LlmRouter::Testing::Gateway.start { |gateway| Day.new(gateway, budgets: LlmBudget).play }
class Day
  include ActiveSupport::Testing::TimeHelpers

  SLOT = 300
  CHAIN = ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash", "meta-llama/llama-3.3-70b-instruct"].freeze
  # By feature: its job, its share of the calls, the part of its cap that is spent at the end, and how many of a hundred
  # requests are at fault.
  FEATURES = { draft_reply: ["DraftReplyJob", 5, "0.96", 0], summarize: ["SummarizeJob", 3, "0.83", 3],
               classify: ["ClassifyTicketJob", 6, "0.41", 0], translate: ["TranslateJob", 2, "0.12", 1] }.freeze
  # US dollars, and seconds.
  MODELS = { CHAIN[0] => ["0.00834", 2.1], CHAIN[1] => ["0.00113", 0.9], CHAIN[2] => ["0.00021", 0.6] }.freeze
  # Parts of the day: the vendor is down; somebody notices, and switches it off; and on again.
  OUTAGE = (0.40..0.47)
  SWITCHED_OFF = 0.43
  SWITCHED_ON = 0.48
  # The floor is out, too, for a moment.
  DARK = (0.415..0.42)

  # Moves what the recorder counts into the day, and gives it times that calls over loopback do not take.
  module Moved
    class << self
      attr_accessor :random
    end

    def slot = Time.now.to_i / SLOT

    def ended(call)
      hops = call.hops.map { |hop| hop.attempted? ? hop.dup.tap { |copy| copy.duration = took(0.3) }.freeze : hop }
      call.seconds = hops.sum(&:duration) + (call.response ? took(MODELS.fetch(call.model).last) : 0)
      call.hops = hops
      super
    end

    private

    def took(usual)
      normal = Math.sqrt(-2 * Math.log(1 - Moved.random.rand)) * Math.cos(2 * Math::PI * Moved.random.rand)
      usual * Math.exp(0.45 * normal)
    end
  end

  # @param budgets [Class] a {LlmRouter::Budget} model
  # @param slots [Integer] of five minutes
  # @param ends_at [Time]
  def initialize(gateway, budgets:, slots: 288, ends_at: Time.now, seed: 18)
    @gateway = gateway
    @model = budgets
    @slots = slots
    @starts_at = ends_at - (slots * SLOT)
    @random = Moved.random = Random.new(seed)
    @jobs = 0
  end

  # @return [Day] self
  def play
    LlmRouter::CallRecord::Recorder.prepend(Moved)
    configure
    @budgets = FEATURES.keys.to_h { |feature| [feature, @model.for(nil, feature: feature)] }
    @budgets.each_value { |row| row.update!(cap_usd: 1000) }
    @slots.times { |slot| travelling(@starts_at + (slot * SLOT) + 1) { five_minutes(slot.fdiv(@slots)) } }
    settle_down
    self
  end

  private

  def configure
    gateway = @gateway
    LlmRouter.configure do |config|
      config.base_url = gateway.base_url
      config.api_key = "test-key"
      config.logger = nil
      config.record_calls = config.allow_real_calls_in_test = true
      config.price_ttl = nil
      config.chain :default, CHAIN
      config.chain :cheap, CHAIN.drop(1)
    end
  end

  def travelling(time)
    travel_to(time)
    yield
    LlmRouter::CallRecord.flush
  ensure
    travel_back
  end

  def five_minutes(part)
    LlmRouter.reset_health!
    switch(part)
    calls(part).times { call(part) }
  end

  def switch(part)
    if !@off && part.between?(SWITCHED_OFF, SWITCHED_ON)
      @off = LlmRouter.switch_off("anthropic/*", for: 86_400, by: "on-call", reason: "status.anthropic.com: degraded")
    elsif @off && part >= SWITCHED_ON
      LlmRouter.switch_on("anthropic/*", by: "on-call")
      @off = nil
    end
  end

  # Few at night, most at noon.
  def calls(part)
    (2 + (9 * (Math.sin(Math::PI * part)**2)) + @random.rand(3)).round
  end

  def call(part)
    feature, (job, _, _, faulty) = pick
    script(part, faulty)
    chain = feature == :classify ? :cheap : :default
    LlmRouter::CurrentJob.with("#{job}-#{@jobs += 1}", nil, job) do
      router = LlmRouter.new(chain: chain, budget: @budgets.fetch(feature))
      router.call(messages: [{ role: "user", content: "Hi" }], max_tokens: 200, tags: { tenant: @random.rand(1..40) })
    end
  rescue LlmRouter::Error
    nil # It is recorded.
  end

  def pick
    shares = FEATURES.flat_map { |feature, values| [[feature, values]] * values[1] }
    shares.fetch(@random.rand(shares.size))
  end

  def script(part, faulty)
    @gateway.reset!
    MODELS.each { |model, (usd, _)| @gateway.answer("Hello!", model, cost_usd: dearer(usd)) }
    @gateway.fail("anthropic/*", status: 503, message: "Overloaded") if OUTAGE.cover?(part)
    @gateway.fail("*", status: 502, message: "Bad gateway") if DARK.cover?(part)
    @gateway.fail(CHAIN[@random.rand(2)], status: 429, message: "Rate limited", times: 1) if @random.rand < 0.012
    @gateway.fail("*", status: 400, message: "messages: too long") if @random.rand(100) < faulty
  end

  def dearer(usd)
    (BigDecimal(usd) * @random.rand(50..180) / 100).to_s("F")
  end

  # Caps that are nearly spent, and a switch that is in force.
  def settle_down
    @budgets.each do |feature, row|
      row.update!(cap_usd: (row.reload.spent_usd / BigDecimal(FEATURES.fetch(feature)[2])).round(4))
    end
    @gateway.reset!
    LlmRouter.reset_health!
    LlmRouter.switch_off("meta-llama/*", for: 7200, by: "Ada", reason: "answers in the wrong language")
  end
end
