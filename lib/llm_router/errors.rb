# frozen_string_literal: true

class LlmRouter
  # The root of every error of this gem, bad arguments aside (those are +ArgumentError+s).
  class Error < StandardError
    # @return [Array<Hop>] every step of the call that brought no answer, in order
    attr_reader :hops

    # @param message [String, nil]
    # @param hops [Array<Hop>]
    def initialize(message = nil, hops: [])
      super(message)
      @hops = hops
    end

    # @return [Float, nil] seconds until the soonest of the models that were called may answer; nil where one of them
    #   did not say, so that it may at any time. One that gave a blank answer would give another.
    # @api private
    def soonest
      waits = hops.select { |hop| hop.attempted? && hop.reason != :blank }.map(&:retry_after)
      [waits.min, ChainExhausted::MAX_RETRY_AFTER].min unless waits.empty? || waits.include?(nil)
    end
  end

  # The configuration cannot work: a missing key, an unknown chain, a bad URL or time.
  class ConfigurationError < Error; end

  # A call held up a web request, and +config.in_web_request+ is +:raise+. Nothing was asked.
  class CalledInWebRequest < Error; end

  # The answer says that the request is at fault: malformed, too long, refused by moderation. No further candidate was
  # tried. Fix the request; the same one would fail again.
  class RequestRejected < Error
    # @return [Integer, nil] the HTTP status, or the code of an error inside a 200
    attr_reader :status
    # @return [String, nil] what the endpoint answered, of a long answer the first 64 KiB, less the key
    #   and the input that moderation flagged. It may quote the prompt in other places: keep it out of logs.
    attr_reader :body
    # @return [String] the model that rejected it
    attr_reader :model

    # @api private
    def initialize(message = nil, hops: [], status: nil, body: nil, model: nil)
      super(message, hops: hops)
      @status = status
      @body = body
      @model = model
    end
  end

  # Each model that was tried ended its answer before it said anything (+length+, +content_filter+), and was paid for
  # that ({#hops}). The same request would buy the same again: raise +max_tokens+, which thinking uses up too, or change
  # what the filter stopped.
  class NothingSaid < RequestRejected; end

  # Every model of the chain failed or was passed by. Worth trying again later.
  class ChainExhausted < Error
    # Seconds. No more is believed, as with a cooldown.
    MAX_RETRY_AFTER = 3600.0

    # @return [Float, nil] seconds until the soonest model may answer, at most {MAX_RETRY_AFTER}; nil where one of those
    #   that failed did not say, so that it may at any time. One that was only skipped counts for nothing: it is no
    #   reason to keep the others waiting, and is called where they fail.
    def retry_after = soonest
  end

  # The time for the whole call was up before a model answered.
  class DeadlineExceeded < ChainExhausted
    # @return [nil] the models that there was no time for may answer at any time
    def retry_after = nil
  end

  # The answer was paid for, but the budget could not be charged. The budget's own error is the
  # {#cause}; the answer is in {#response}. Charge {#cost_usd} again: do not ask again.
  #
  # @example Nothing paid for is lost
  #   begin
  #     draft = router.call(messages: messages, max_tokens: 500)
  #   rescue LlmRouter::ChargeFailed => e
  #     draft = e.response
  #     UnpaidCharge.create!(cost_usd: e.cost_usd)
  #   end
  class ChargeFailed < Error
    # @return [Response, nil] the answer; nil where a failed attempt was to be paid for
    attr_reader :response
    # @return [BigDecimal] US dollars: what is still to be charged
    attr_reader :cost_usd
    # @return [Attempt, nil] what to charge it for, with {Budget#charge!}, where the budget reserves: that
    #   ends the reservation, too
    attr_reader :attempt

    # @api private
    def initialize(message = nil, hops: [], response: nil, cost_usd: nil, attempt: nil)
      super(message, hops: hops)
      @response = response
      @cost_usd = cost_usd
      @attempt = attempt
    end
  end

  # An endpoint could not say what a model or a generation costs.
  # @api private
  class LookupFailed < Error
    # It does not know the generation, or not yet.
    class NotYet < LookupFailed; end
    # It did not answer in time, or at all.
    class Unreachable < LookupFailed; end
  end

  # The router itself failed. Always a bug of this gem.
  class InternalError < Error; end

  # A {ChargeJob} or {SettleJob} found its budget deleted, or another's row under its id. Nothing was charged.
  class BudgetNotFound < Error; end
end
