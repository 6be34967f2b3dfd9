# frozen_string_literal: true

class LlmRouter
  # The root of every error of this gem, bad arguments aside (those are +ArgumentError+s).
  class Error < StandardError
    # @return [Array<Hop>] the failed and skipped candidates of the call, in order
    attr_reader :hops
    # @return [Array<Response>] the answers of the call that +accept:+ refused, in order. They are paid for.
    attr_reader :responses

    # @param message [String, nil]
    # @param hops [Array<Hop>]
    # @param responses [Array<Response>]
    def initialize(message = nil, hops: [], responses: [])
      super(message)
      @hops = hops
      @responses = responses
    end

    # What a monitor of errors may keep: what failed and why, without the endpoints' words. See docs/monitoring.md.
    # @return [Hash{Symbol => Object}] made of JSON's types; money is decimal text
    def to_h
      kept = %i[model endpoint reason status duration cost_usd generation_id]
      { hops: hops.map do |hop|
        hop.to_h.slice(*kept).compact.transform_values do |value|
          case value
          when BigDecimal then value.to_s("F")
          when Symbol then value.name
          else value
          end
        end
      end }
    end
    # Honeybadger takes it from there by itself.
    alias to_honeybadger_context to_h

    # @return [Float, nil] seconds until the first of the called models may answer; nil if one of them gave no time, as
    #   it may answer at once. A model whose answer was of no use does not count: it would give another.
    # @api private
    def soonest
      failed = hops.select { |hop| hop.attempted? && !hop.paid_in_vain? }
      # Of a model that was called more than once, the last time counts.
      waits = failed.to_h { |hop| [[hop.model, hop.endpoint], hop.retry_after] }.values
      [waits.min, ChainExhausted::MAX_RETRY_AFTER].min unless waits.empty? || waits.include?(nil)
    end
  end

  # The configuration cannot work: a missing key, an unknown chain, a bad URL or time.
  class ConfigurationError < Error; end

  # A call inside a web request, while +config.in_web_request+ is +:raise+. Nothing was sent.
  class CalledInWebRequest < Error; end

  # A model rejected the request: it is malformed, too long for every model that is known to be larger, or refused by
  # moderation. No further candidate was tried. Fix the request; the same one would fail again.
  class RequestRejected < Error
    # @return [Integer, nil] the HTTP status, or the code of an error inside a 200
    attr_reader :status
    # @return [String, nil] the endpoint's answer, its first 64 KiB at most, without the key and the input that
    #   moderation flagged. It may quote the prompt elsewhere: keep it out of logs.
    attr_reader :body
    # @return [String] the model that rejected it
    attr_reader :model

    # @api private
    def initialize(message = nil, status: nil, body: nil, model: nil, **call)
      super(message, **call)
      @status = status
      @body = body
      @model = model
    end
  end

  # Every model that was tried returned a blank answer (+length+, +content_filter+) that was paid for ({#hops}). The
  # same request would cost the same again: raise +max_tokens+, which thinking uses up too, or change what the filter
  # stopped.
  class NothingSaid < RequestRejected; end

  # Every model of the chain failed or was skipped. Retry later.
  class ChainExhausted < Error
    # Seconds. A longer Retry-After counts as this, as with a cooldown.
    MAX_RETRY_AFTER = 3600.0

    # @return [Float, nil] seconds until the first model may answer, at most {MAX_RETRY_AFTER}; nil if a model that
    #   failed gave no time, as it may answer at once. Skipped models do not count.
    def retry_after = soonest
  end

  # The chain ended, and +accept:+ had refused an answer at least ({Error#responses}). Each is paid for; another run
  # pays for its own. See docs/answers.md.
  #
  # @example The best of what there is
  #   begin
  #     draft = router.call(messages: messages, max_tokens: 500, accept: accept)
  #   rescue LlmRouter::Unacceptable => e
  #     draft = e.responses.last
  #   end
  class Unacceptable < ChainExhausted; end

  # The deadline of the call passed before a model answered.
  class DeadlineExceeded < ChainExhausted
    # @return [nil] the models that were not reached may answer at once
    def retry_after = nil
  end

  # The answer is paid for, but the budget could not be charged. The budget's own error is the {#cause}; the answer is
  # in {#response}. Retry the charge of {#cost_usd}, not the call.
  #
  # @example Nothing paid for is lost
  #   begin
  #     draft = router.call(messages: messages, max_tokens: 500)
  #   rescue LlmRouter::ChargeFailed => e
  #     draft = e.response
  #     UnpaidCharge.create!(cost_usd: e.cost_usd)
  #   end
  class ChargeFailed < Error
    # @return [Response, nil] the answer; nil if a failed attempt was to be charged
    attr_reader :response
    # @return [BigDecimal] US dollars: what is still to be charged
    attr_reader :cost_usd
    # @return [Attempt, nil] to be given to {Budget#charge!} if the budget reserves: that also ends the reservation
    attr_reader :attempt

    # @api private
    def initialize(message = nil, response: nil, cost_usd: nil, attempt: nil, **call)
      super(message, **call)
      @response = response
      @cost_usd = cost_usd
      @attempt = attempt
    end
  end

  # {Response#parsed} found no JSON in the answer. The message says where it breaks, and quotes nothing of it.
  class NoJson < Error; end

  # A look-up of what a model or a generation costs failed.
  # @api private
  class LookupFailed < Error
    # The endpoint does not know the generation, or not yet.
    class NotYet < LookupFailed; end
    # The endpoint did not answer in time, or at all.
    class Unreachable < LookupFailed; end
  end

  # The router itself failed. Always a bug of this gem.
  class InternalError < Error; end

  # A {ChargeJob} or {SettleJob} found its budget deleted, or another's row under its id. Nothing was charged.
  class BudgetNotFound < Error; end
end
