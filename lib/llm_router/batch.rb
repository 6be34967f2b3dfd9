# frozen_string_literal: true

class LlmRouter
  # Many calls at once, on one thread. Rust walks their chains and says what has become of each; see
  # ext/llm_router/src/batch.rs for the order.
  # @api private
  class Batch
    # @return [Array<BatchedCall, nil>] those under way, each at the place of its request
    attr_reader :calls

    # @param requests [Array<Hash>]
    # @param call [Hash] what each {BatchedCall} is made of
    # @yieldparam request [Hash]
    # @yieldparam result [Response, StandardError]
    def initialize(requests, call, &block)
      @requests = requests
      @call = call
      @block = block
      @calls = []
      @results = Array.new(requests.size)
      @unseen = []
      @reserving = Account.of(call.fetch(:budget)).reserving?
    end

    # @yieldparam batch [Batch] to walk with
    # @return [Array<Response, StandardError>]
    def run
      yield self
      @results.freeze
    ensure
      @calls.each { |call| call&.leave }
    end

    # @yieldparam result [Response, StandardError] as soon as it is there
    def watch(&watcher)
      @watcher = watcher
    end

    # Whether the calls' gates have to know how large a request is.
    def reserving?
      @reserving
    end

    # @return [BatchedCall]
    def begin(number)
      @calls[number] = BatchedCall.new(**@call, overlapping: true).begin
    end

    # @param response [Response]
    def answered(number, response)
      end_with(number, response)
    end

    # @param error [StandardError]
    # @param alone [Boolean] whether no other call is under way, which may hold money and give it back
    # @return [Boolean] whether the budget has nothing left for anybody
    def failed(number, error, alone)
      end_with(number, error)
      @spent = error if error.is_a?(BudgetExceeded) && error.nothing_left? && (alone || !reserving?)
      !@spent.nil?
    end

    # None of the requests from this one on is started.
    def give_up(first)
      (first...@requests.size).each do |number|
        @calls[number]&.end_with(@spent)
        @calls[number] = nil
        finish(number, not_started(number))
      end
      Log.new(@call.fetch(:config).logger).write(:warn) do
        "requests[#{first}..#{@requests.size - 1}] were not started: the budget has nothing left"
      end
    end

    # Shows the block what it has not seen yet.
    def show
      while (number = @unseen.shift)
        @block&.call(@requests[number], @results[number])
      end
    end

    private

    def end_with(number, result)
      @calls[number].end_with(result)
      @calls[number] = nil
      finish(number, result)
    end

    def finish(number, result)
      @results[number] = result
      @unseen << number
      @watcher&.call(result)
    end

    def not_started(number)
      message = "requests[#{number}] was not started, for the budget had nothing left: #{@spent.message}"
      BudgetExceeded.new(message, needed_usd: @spent.needed_usd, left_usd: @spent.left_usd,
                                  period_ends_at: @spent.period_ends_at)
    end
  end
end
