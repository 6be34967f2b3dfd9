# frozen_string_literal: true

class LlmRouter
  # An error in the form of the chat completions API, and its status.
  # @api private
  class RefusalBody
    STATUSES = { rate_limited: 429, cooling_down: 429, unauthorized: 401, insufficient_credits: 402, too_expensive: 402,
                 model_not_found: 404, moderated: 403, timeout: :timeout, connection: :connection }.freeze
    TYPES = { 400 => "invalid_request_error", 401 => "authentication_error", 402 => "insufficient_quota",
              403 => "permission_error", 404 => "not_found_error", 429 => "rate_limit_error" }.freeze
    private_constant :STATUSES, :TYPES

    class << self
      # @param error [Error]
      # @return [Integer, Symbol] +:timeout+ and +:connection+ are no answers
      def status_of(error)
        case error
        when BudgetExceeded then 402
        when RequestRejected then (400..499).cover?(error.status) ? error.status : 400
        when DeadlineExceeded then :timeout
        else of_hops(error.hops)
        end
      end

      # @return [Hash] what the endpoint said of a request at fault, else the error in the API's form
      def of(error, status)
        said = error.body if error.is_a?(RequestRejected) && error.status.to_i >= 400
        parsed = JSON.parse(said) if said
        return parsed if parsed.is_a?(Hash) && parsed["error"].is_a?(Hash)

        new(status, error.message, code: code(error)).to_h
      rescue JSON::JSONError
        new(status, error.message, code: code(error)).to_h
      end

      private

      # What all attempts have in common; 503 if they failed in several ways.
      def of_hops(hops)
        tried = hops.select(&:attempted?)
        statuses = (tried.any? ? tried : hops).map { |hop| of_hop(hop) }.uniq
        statuses.size == 1 ? statuses.first : 503
      end

      def of_hop(hop)
        return hop.status if hop.reason == :rejected && (400..499).cover?(hop.status)

        STATUSES.fetch(hop.reason, 503)
      end

      def code(error)
        case error
        when BudgetExceeded then "budget_exceeded"
        when NothingSaid then "blank_answer"
        when ChainExhausted then "chain_exhausted"
        when RequestRejected then "context_length_exceeded" if error.hops.last&.reason == :too_long
        end
      end
    end

    attr_reader :status

    def initialize(status, message, code: nil, param: nil)
      @status = status
      @message = message
      @code = code
      @param = param
    end

    # @return [Hash]
    def to_h
      type = TYPES.fetch(@status) { @status >= 500 ? "server_error" : "invalid_request_error" }
      { "error" => { "message" => @message, "type" => type, "param" => @param, "code" => @code || @status } }
    end
  end
end
