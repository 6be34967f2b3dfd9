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
  end

  # The configuration cannot work: a missing key, an unknown chain, a bad URL or time.
  class ConfigurationError < Error; end

  # The budget had nothing left when a model was about to be asked.
  class BudgetExceeded < Error
    # @return [Time, nil] when the budget has money again, where it says so
    attr_reader :period_ends_at

    # @api private
    def initialize(message = nil, hops: [], period_ends_at: nil)
      super(message, hops: hops)
      @period_ends_at = period_ends_at
    end
  end

  # A call held up a web request, and +config.in_web_request+ is +:raise+. Nothing was asked.
  class CalledInWebRequest < Error; end

  # A model refused the request in a way that every model would. Nobody else was asked. Mend the
  # request; trying again as it is will not help.
  class RequestRejected < Error
    # @return [Integer, nil] the HTTP status, or the code of an error inside a 200
    attr_reader :status
    # @return [String, nil] what the endpoint answered, less the key and the input that
    #   moderation flagged. It may quote the prompt in other places: keep it out of logs.
    attr_reader :body
    # @return [String] the model that refused
    attr_reader :model

    # @api private
    def initialize(message = nil, hops: [], status: nil, body: nil, model: nil)
      super(message, hops: hops)
      @status = status
      @body = body
      @model = model
    end
  end

  # Every model of the chain failed or was passed by. Worth trying again later.
  class ChainExhausted < Error
    # @return [Float, nil] seconds: the soonest that any model asked to be tried again
    def retry_after
      hops.filter_map(&:retry_after).min
    end
  end

  # The time for the whole call was up before a model answered.
  class DeadlineExceeded < ChainExhausted; end

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

    # @api private
    def initialize(message = nil, hops: [], response: nil, cost_usd: nil)
      super(message, hops: hops)
      @response = response
      @cost_usd = cost_usd
    end
  end

  # The router itself failed. Always a bug of this gem.
  class InternalError < Error; end
end
