# frozen_string_literal: true

# Rows as an app would have after some days with an outage of its primary: for examples in a browser, screenshots and
# the benchmark. The same rows each time, but for their times.
class PlayedDay
  RECORD = LlmRouter::CallRecord
  MODELS = %w[anthropic/claude-sonnet-4.5 google/gemini-2.5-flash meta-llama/llama-3.3-70b-instruct].freeze
  FEATURES = { "draft_reply" => 9, "summarize" => 4, "classify" => 14 }.freeze
  TOOK = [3, 9, 22, 41, 58, 37, 12, 5, 2, 1, 0].freeze
  # Slots of five minutes before now in which the primary is down.
  OUTAGE = (4..13)

  # @param model [Class] a {LlmRouter::Budget}
  def initialize(model, now: Time.now)
    @model = model
    @now = now
    @random = Random.new(7)
  end

  # @param days [Integer]
  def stats(days: 8, chain: "support")
    slots = (0...(days * 288)).flat_map { |back| slot(back, chain) }
    slots.group_by(&:keys).each_value { |rows| insert(RECORD::Stat, rows) }
  end

  def incidents(count, chain: "support")
    insert(RECORD::Incident, Array.new(count) { |back| incident(back, chain) })
  end

  # @param owners [Array<ActiveRecord::Base, nil>]
  def budgets(owners, charges: 60)
    owners.each_with_index do |owner, at|
      budget = @model.for(owner, feature: FEATURES.keys[at % 3])
      budget.update!(cap_usd: (3 * (at + 1)).to_s, period: %w[monthly daily monthly total][at % 4])
      (at.zero? ? charges : 40 / at).times { charge(budget) }
      budget.reserve!("0.25", key: "job/1")
    end
  end

  private

  def charge(budget)
    tokens = { prompt_tokens: @random.rand(200..4000), completion_tokens: @random.rand(20..900) }
    attempt = LlmRouter::Attempt.new(model: MODELS[@random.rand(3)], endpoint: "openrouter", cost_basis: :billed,
                                     generation_id: "gen-#{@random.rand(10**9)}", job_id: "job-#{@random.rand(999)}",
                                     **tokens)
    budget.charge!(BigDecimal(@random.rand(1000..80_000)) / 1_000_000, attempt: attempt)
  end

  # rubocop:disable Metrics
  def slot(back, chain)
    at = Time.at(@now.to_i / 300 * 300) - (back * 300)
    FEATURES.flat_map do |feature, most|
      calls = (most * (0.5 + (0.5 * Math.cos(back * Math::PI / 144))) * (0.6 + @random.rand)).round
      down = OUTAGE.cover?(back)
      answered = row(at, chain, feature, MODELS[down ? 1 : 0], "answered", calls)
      [answered, *fallbacks(at, chain, feature, down ? calls : 0), *rejected(at, chain, feature, back)]
    end
  end

  def fallbacks(at, chain, feature, calls)
    return [] if calls.zero?

    failed = [calls, 3].min
    [hops(at, chain, feature, "absorbed", hops_unavailable: failed, hops_cooling_down: calls - failed)]
  end

  def rejected(at, chain, feature, back)
    return [] unless feature == "summarize" && (back % 90).zero?

    [{ **row(at, chain, feature, "", "rejected", 1), troubled: 1 }, hops(at, chain, feature, "lost", hops_rejected: 1)]
  end

  def row(at, chain, feature, model, outcome, calls)
    took = TOOK.map { |share| (calls * share / 190.0).floor }
    took[4] += calls - took.sum
    sums = RECORD::Columns::TOOK.zip(took).to_h
    usd = BigDecimal(calls * @random.rand(900..1400)) / 1_000_000
    down = model == MODELS[1]
    zero.merge(starts_at: at.utc, chain: chain, feature: feature, environment: "production", model: model,
               outcome: outcome, calls: calls, fallbacks: down ? calls : 0, troubled: down ? calls : 0,
               prompt_tokens: calls * 900, completion_tokens: calls * 150, milliseconds: calls * 2400, **sums,
               cost_usd: usd, charged_usd: usd)
  end

  def hops(at, chain, feature, outcome, **hops)
    zero.merge(starts_at: at.utc, chain: chain, feature: feature, environment: "production", model: MODELS[0],
               outcome: outcome, milliseconds: 900, **hops)
  end

  def zero
    columns = RECORD::Columns
    @zero ||= [*columns::KEY, *columns::COUNTS, *columns::MONEY].to_h { |name| [name, 0] }
  end

  def incident(back, chain)
    rejected = (back % 9).zero?
    reason = rejected ? "rejected" : %w[unavailable timeout rate_limited bad_answer][back % 4]
    status = { "unavailable" => 503, "rate_limited" => 429, "rejected" => 400, "bad_answer" => 200 }[reason]
    hops = [{ model: MODELS[0], endpoint: "openrouter", reason: reason, status: status,
              duration: rejected ? 0.31 : 0.9 + (back % 7), cost_usd: nil }]
    if back % 5 == 4
      hops << { model: MODELS[1], endpoint: "openrouter", reason: "timeout", status: nil, duration: 4.0,
                cost_usd: "0.0004" }
    end
    answered = rejected ? "" : MODELS[hops.size]
    { created_at: (@now - 1300 - (back * 97)).utc, chain: chain, feature: FEATURES.keys[back % 3],
      environment: "production", outcome: rejected ? "rejected" : "answered", job_class: "DraftReplyJob",
      job_id: "3c0f8f1e-#{1000 + back}", model: answered, endpoint: rejected ? "" : "openrouter",
      failed_model: MODELS[0], reason: reason, duration: hops.sum { |hop| hop[:duration] } + (rejected ? 0 : 1.8),
      cost_usd: BigDecimal("0.0021"), hops: JSON.generate(hops), tags: JSON.generate(tenant: back % 40) }
  end

  # rubocop:enable Metrics

  def insert(table, rows)
    connection = table.model.connection
    rows.each_slice(500) { |some| connection.execute(table.insert(connection, some)) }
  end
end
