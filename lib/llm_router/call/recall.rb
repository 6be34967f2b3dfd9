# frozen_string_literal: true

class LlmRouter
  # The requests of {LlmRouter#call_all}: those whose answers an earlier run of the job has paid for, and the rest.
  # @api private
  class Recall
    # @param requests [Array<Hash>]
    # @param acceptances [Array<Acceptance, nil>] of the requests
    # @param kept [Array, nil] what the job keeps of each answer; nil if it keeps none
    # @param call [Hash] what each {BatchedCall} is made of
    # @yieldparam request [Hash]
    # @yieldparam result [Response, StandardError, ScriptError]
    def initialize(requests, acceptances, kept, call, &block)
      @requests = requests
      @acceptances = acceptances
      @kept = kept
      @call = call
      @block = block
    end

    # @yieldparam batch [Batch] of the rest, to walk with
    # @return [Array<Response, StandardError, ScriptError>] of all requests, frozen
    def run(&)
      return Batch.new(@requests, @call, @acceptances, &@block).run(&) unless @kept

      results = Array.new(@requests.size) { |number| recalled(number) }
      @left = results.each_index.reject { |number| results[number] }
      batch = Batch.new(rest(@requests), @call, rest(@acceptances), rest(@kept), @left, &@block)
      @left.zip(batch.run(&)) { |number, result| results[number] = result }
      results.freeze
    end

    # @param list [Array, nil] an item for each request
    # @return [Array, nil] those of the rest
    def rest(list)
      @left ? list&.values_at(*@left) : list
    end

    # @param requests [Array<Hash>] as they are sent
    # @return [Array<Hash>] the rest, with the headers of answers that are to be kept
    def sent(requests)
      return requests unless @kept

      all = requests.zip(@kept).map do |request, kept|
        kept&.headers&.any? ? request.merge(headers: kept.headers + request.fetch(:headers, [])) : request
      end
      rest(all)
    end

    private

    # @return [Response, nil]
    def recalled(number)
      kept = @kept[number] or return
      request = @requests[number]
      call = BatchedCall.new(batch: nil, context: Input.given(request, :context), labels: Input.labels(request),
                             kept: kept, acceptance: @acceptances[number], **@call)
      call.recall.tap { |response| @block&.call(request, response) if response }
    end
  end
end
