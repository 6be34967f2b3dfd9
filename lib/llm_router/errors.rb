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
    #   did not say, so that it may at any time
    # @api private
    def soonest
      waits = hops.select(&:attempted?).map(&:retry_after)
      [waits.min, ChainExhausted::MAX_RETRY_AFTER].min unless waits.empty? || waits.include?(nil)
    end
  end

  # The configuration cannot work: a missing key, an unknown chain, a bad URL or time.
  class ConfigurationError < Error; end

  # The budget had no room for what a model may cost. A budget of your own raises it from +reserve!+.
  #
  # @example In a budget of your own
  #   raise LlmRouter::BudgetExceeded.new(needed_usd: usd, left_usd: left) if usd > left
  class BudgetExceeded < Error
    # @return [BigDecimal, nil] US dollars: the most that the model could have cost
    attr_reader :needed_usd
    # @return [BigDecimal, nil] US dollars neither spent nor held by other calls, where the budget says so
    attr_reader :left_usd
    # @return [Time, nil] when the budget has money again, where it says so
    attr_reader :period_ends_at
    # @return [Float, nil] seconds after which it is worth another try, where all that is missing is
    #   only held by calls under way
    attr_reader :retry_after

    # @param message [String, nil]
    # @param needed_usd [BigDecimal, nil] US dollars
    # @param left_usd [BigDecimal, nil] US dollars
    # @param period_ends_at [Time, nil]
    # @param retry_after [Float, nil] seconds
    def initialize(message = nil, hops: [], needed_usd: nil, left_usd: nil, period_ends_at: nil, retry_after: nil)
      @needed_usd = needed_usd
      @left_usd = left_usd
      @period_ends_at = period_ends_at
      @retry_after = retry_after
      super(message || "the budget has no room: #{in_words}", hops: hops)
    end

    # @return [Boolean] whether there is nothing left at all, and calls under way will give none back
    # @api private
    def nothing_left?
      retry_after.nil? && (left_usd ? !left_usd.positive? : needed_usd.nil?)
    end

    # @return [String] what was needed, what is left, and when there is more
    # @api private
    def in_words
      [("#{needed_usd.to_s('F')} USD are needed" if needed_usd), ("#{left_usd.to_s('F')} USD are left" if left_usd),
       ("calls under way hold the rest" if retry_after),
       ("its period ends at #{period_ends_at}" if period_ends_at)].compact.join(", ")
    end
  end

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
  #     draft = router.call(messages: messages)
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
  end

  # The router itself failed. Always a bug of this gem.
  class InternalError < Error; end
end
