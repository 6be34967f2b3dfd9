# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Ends a request with a page that says what is wrong, and what to do.
    # @api private
    class Problem < StandardError
      # What MySQL and PostgreSQL say of a character that they cannot compare or store.
      ENCODING = /Illegal mix of collations|Incorrect string value|character with byte sequence/
      private_constant :ENCODING

      # @return [Integer] of HTTP
      attr_reader :status
      # @return [Hash{String => String}] of HTTP
      attr_reader :headers

      # @param status [Integer]
      # @param message [String]
      # @param headers [Hash{String => String}]
      def initialize(status, message, headers = {})
        @status = status
        @headers = headers
        super(message)
      end

      # @param error [ActiveRecord::ActiveRecordError, NoMethodError]
      # @return [Problem] without the error's message, which may hold anything
      def self.of_database(error)
        if error.message.match?(ENCODING)
          return new(400, "The database has no such character: its encoding lacks one of this request.")
        end

        new(503, "The database did not answer (#{error.class}). If it is up, its tables or columns may be missing: " \
                 "run bin/rails generate llm_router:install and bin/rails db:migrate.")
      end
    end
  end
end
