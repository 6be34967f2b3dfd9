# frozen_string_literal: true

class LlmRouter
  class RememberedAnswers
    # The answer of one call, in each run of its job.
    # @api private
    class Kept
      # @return [Array<Array(String, String)>] what the request of this run has beside the call's headers
      attr_reader :headers

      # @param answers [RememberedAnswers]
      # @param place [Object] where the answer is kept
      # @param key [String]
      def initialize(answers, place, key, headers)
        @answers = answers
        @place = place
        @key = key
        @headers = headers
      end

      # @param context [Object, nil] that of the request
      # @return [Response, nil] that of an earlier run
      # @raise [Database::TablesMissing]
      def response(context = nil)
        @answers.quietly("read") { @answers.seal.open(@place.read, @key)&.again(context) }
      end

      # Keeps an answer in the transaction that charges it, or else after it is charged: nobody gets an answer of a run
      # before that nobody has paid for.
      # @param response [Response]
      # @yield charges it
      # @return [void]
      def keep(response, &)
        text = @answers.quietly("encrypted") { @answers.seal.close(response, @key, @answers.seconds) }
        return yield unless text

        written = @place.beside(text, @answers.seconds, &)
        @answers.quietly("kept") { @place.write(text, @answers.seconds) } unless written
      end

      # @return [String]
      def inspect = "#<#{self.class}>"
    end
  end
end
