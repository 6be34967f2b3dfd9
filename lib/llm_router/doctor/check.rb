# frozen_string_literal: true

class LlmRouter
  module Doctor
    # One question. A check has a time limit, and says so when it is up.
    # @api private
    class Check
      # Seconds.
      LIMIT = 5.0

      # @param config [Configuration]
      # @param lookups [Lookups]
      def initialize(config, lookups)
        @config = config
        @lookups = lookups
        @findings = []
      end

      # @return [String] such as "health store"
      def self.title
        name.split("::").last.gsub(/(?<=[a-z])(?=[A-Z])/, " ").downcase
      end

      # @return [Float] seconds
      def self.limit = const_get(:LIMIT)

      # @return [Array<Finding>]
      def findings
        examine
        so_far
      end

      # @return [Array<Finding>] also while it runs
      def so_far = @findings.dup

      private

      attr_reader :config, :lookups

      def green(message, known: true)
        note(:green, message, nil, known: known)
      end

      def yellow(message, advice, known: true)
        note(:yellow, message, advice, known: known)
      end

      def red(message, advice)
        note(:red, message, advice)
      end

      # What could not be found out, although it should.
      def unknown(message, advice = nil)
        yellow("not known: #{message}", advice, known: false)
      end

      def note(level, message, advice = nil, known: true)
        @findings << Finding.new(check: self.class.title, level: level, message: message, advice: advice, known: known)
      end

      # @return [String] the name of an object's class, without its modules
      def kind_of(object)
        object.class.name.to_s.split("::").last
      end

      def production?
        Environment.name == "production"
      end

      # @return [Object, nil] a constant of the app or of another gem, without loading the gem
      def known(name)
        Object.const_get(name) if Object.const_defined?(name)
      rescue NameError
        nil
      end
    end
  end
end
