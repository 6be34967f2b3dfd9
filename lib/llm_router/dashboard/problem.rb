# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Ends a request with a page that says what is wrong, and what to do.
    # @api private
    class Problem < StandardError
      # @return [Integer] of HTTP
      attr_reader :status

      # @param status [Integer]
      # @param message [String]
      def initialize(status, message)
        @status = status
        super(message)
      end

      # @param error [ActiveRecord::ActiveRecordError]
      # @return [Problem] without the error's message, which may hold anything
      def self.of_database(error)
        new(503, "The database did not answer (#{error.class}). If it is up, its tables may be missing: run " \
                 "bin/rails generate llm_router:install and bin/rails db:migrate.")
      end
    end
  end
end
