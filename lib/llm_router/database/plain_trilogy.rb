# frozen_string_literal: true

class LlmRouter
  module Database
    # From Trilogy 2.11 on, each method of a client unmasks interrupts: a timeout would cut off a charge that is on the
    # wire. While the ledger uses a client, it calls the methods below that. Their lock is not missed, for Active Record
    # has one for each connection.
    # @api private
    module PlainTrilogy
      HERE = :llm_router_plain_trilogy
      LOCK = Mutex.new
      private_constant :HERE, :LOCK

      module_function

      # @yield with clients that leave masks alone
      def use(&)
        return yield unless Object.const_defined?(:Trilogy)

        install_once(Trilogy) if Trilogy.const_defined?(:Synchronization, false)
        FiberLocal.set(HERE, true, &)
      end

      def install_once(client)
        return if client.const_defined?(:LlmRouterPlain, false)

        LOCK.synchronize { install(client) unless client.const_defined?(:LlmRouterPlain, false) }
      end

      def install(client)
        masked = client::Synchronization.public_instance_methods(false)
        methods = masked.to_h { |name| [name, client.instance_method(name).super_method] }
        client.prepend(client.const_set(:LlmRouterPlain, Module.new do
          methods.each do |name, plain|
            define_method(name) do |*arguments, **options, &block|
              next super(*arguments, **options, &block) unless Thread.current[HERE]

              plain.bind_call(self, *arguments, **options, &block)
            end
          end
        end))
      end
    end
  end
end
